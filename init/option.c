/* option.c - what each kind of value accepts, and how it is read. */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/capability.h"
#include "base/text.h"
#include "init/limits.h"
#include "init/listen.h"
#include "init/option.h"
#include "init/options.h"
#include "init/signal_map.h"
#include "init/signal_name.h"
#include "watcher/assets.h"

enum { PIECE = 128, LISTEN_PIECE = 512 };

static void *
field(const struct option *row, struct options *o)
{
	return (char *)o + row->offset;
}

static void
set_int(const struct option *row, struct options *o, int value)
{
	memcpy(field(row, o), &value, sizeof(value));
}

static void
set_wide(const struct option *row, struct options *o, int64_t value)
{
	memcpy(field(row, o), &value, sizeof(value));
}

/*
 * Take the next piece of a list: bytes up to one of `between`, empty ones skipped. Returns 1, 0 at
 * the end, or -1 when it is too long to be anything.
 */
static int
next_piece(const char **list, const char *between, char *piece, size_t size)
{
	const char *from = *list + strspn(*list, between);
	size_t length = strcspn(from, between);

	*list = from + length;
	if (length >= size)
		return -1;
	memcpy(piece, from, length);
	piece[length] = '\0';
	return length > 0;
}

static int
parse_text(const struct option *row, const char *text, struct options *o)
{
	if (row->most > 0 && strlen(text) > (size_t)row->most)
		return -1;
	memcpy(field(row, o), &text, sizeof(text));
	return 0;
}

static int
parse_path(const struct option *row, const char *text, struct options *o)
{
	return strlen(text) < PATH_MAX ? parse_text(row, text, o) : -1;
}

static int
parse_names(const struct option *row, const char *text, struct options *o)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
	static const char others[] = "0123456789";
	const char *at = text;

	for (; *at != '\0'; at += strcspn(at, ","), at += *at == ',') {
		if (strchr(letters, *at) == NULL)
			return -1;
		while (*at != '\0' && *at != ',' &&
		    (strchr(letters, *at) != NULL || strchr(others, *at) != NULL))
			at++;
		if (*at != '\0' && *at != ',')
			return -1;
	}
	return parse_text(row, text, o);
}

static int
parse_assets(const struct option *row, const char *text, struct options *o)
{
	const char *at = text;
	char path[PATH_MAX];
	int got, count = 0;
	bool all;

	while ((got = assets_next(&at, path, sizeof(path), &all)) == 1)
		count++;
	return got == 0 && count > 0 ? parse_text(row, text, o) : -1;
}

static int
parse_count(const struct option *row, const char *text, struct options *o)
{
	int64_t n;

	if (text_number(text, row->least, row->most, &n) == -1)
		return -1;
	set_int(row, o, (int)n);
	return 0;
}

static int
parse_cpus(const struct option *row, const char *text, struct options *o)
{
	struct limits limits;

	if (strcmp(text, row->word) != 0)
		return parse_count(row, text, o);
	limits_read(&limits, LIMITS_CGROUPS, LIMITS_OWN);
	set_int(row, o, limits.cpus < row->most ? limits.cpus : (int)row->most);
	return 0;
}

/* "2", "0.5", "1.25": at most two places behind the point. */
static int
parse_processors(const struct option *row, const char *text, struct options *o)
{
	size_t whole = strcspn(text, "."), places = strlen(text) - whole;
	int64_t n, part = 0;
	char digits[16];

	if (strcmp(text, row->word) == 0) {
		set_int(row, o, 0);
		return 0;
	}
	if (whole >= sizeof(digits) || places == 1 || places > 3)
		return -1;
	snprintf(digits, sizeof(digits), "%.*s", (int)whole, text);
	if (text_number(digits, 0, row->most / 100, &n) == -1 ||
	    (places > 0 && text_number(text + whole + 1, 0, 99, &part) == -1))
		return -1;
	n = n * 100 + (places == 2 ? part * 10 : part);
	if (n < row->least || n > row->most)
		return -1;
	set_int(row, o, (int)n);
	return 0;
}

static int
parse_choice(const struct option *row, const char *text, struct options *o)
{
	int i;

	for (i = 0; row->choices[i] != NULL; i++)
		if (strcmp(row->choices[i], text) == 0) {
			set_int(row, o, i);
			return 0;
		}
	return -1;
}

int
option_switch(const char *text, int *value)
{
	static const char *const on[] = { "on", "true", "yes", "1", NULL };
	static const char *const off[] = { "off", "false", "no", "0", NULL };
	int i;

	for (i = 0; on[i] != NULL; i++) {
		if (strcasecmp(text, on[i]) != 0 && strcasecmp(text, off[i]) != 0)
			continue;
		*value = strcasecmp(text, on[i]) == 0;
		return 0;
	}
	return -1;
}

static int
parse_switch(const struct option *row, const char *text, struct options *o)
{
	int value;

	if (option_switch(text, &value) == -1)
		return -1;
	set_int(row, o, value);
	return 0;
}

static int
parse_measure(const struct option *row, const char *text, struct options *o)
{
	int64_t n;

	if (row->word != NULL && strcmp(text, row->word) == 0) {
		set_wide(row, o, 0);
		return 0;
	}
	if ((row->kind == KIND_SIZE ? text_size(text, &n) : text_duration(text, &n)) == -1 ||
	    n < row->least || n > row->most)
		return -1;
	set_wide(row, o, n);
	return 0;
}

static int
parse_signal(const struct option *row, const char *text, struct options *o)
{
	int number = row->word != NULL && strcmp(text, row->word) == 0 ? 0 : signal_number(text);

	if (number == -1)
		return -1;
	set_int(row, o, number);
	return 0;
}

static int
parse_signals(const struct option *row, const char *text, struct options *o)
{
	unsigned char map[SIGNAL_MAP];
	uint64_t given = 0;
	char piece[PIECE];
	int more;

	(void)row;
	signal_map_clear(map);
	while ((more = next_piece(&text, ", ", piece, sizeof(piece))) == 1)
		if (signal_map_add(map, &given, piece) == -1)
			return -1;
	if (more == -1 || given == 0)
		return -1;
	memcpy(o->signals, map, sizeof(map));
	o->signals_given = given;
	return 0;
}

static int
parse_capabilities(const struct option *row, const char *text, struct options *o)
{
	uint64_t set;
	char why[PIECE];

	(void)row;
	if (capability_parse(text, &set, why, sizeof(why)) == -1)
		return -1;
	o->capabilities = text;
	o->capability_bits = set;
	return 0;
}

static int
parse_codes(const struct option *row, const char *text, struct options *o)
{
	uint64_t bits[4] = { 1 };
	char piece[PIECE];
	int64_t code;
	int more;

	while ((more = next_piece(&text, ", ", piece, sizeof(piece))) == 1) {
		if (text_number(piece, row->least, row->most, &code) == -1)
			return -1;
		bits[code / 64] |= UINT64_C(1) << (code % 64);
	}
	if (more == -1)
		return -1;
	memcpy(o->exit_ok, bits, sizeof(bits));
	return 0;
}

static int
parse_listen(const struct option *row, const char *text, struct options *o)
{
	struct option_listen got[OPTION_LISTENS];
	char piece[LISTEN_PIECE], why[OPTION_LISTEN_WHY];
	int count = 0, more, i;

	while ((more = next_piece(&text, ", ", piece, sizeof(piece))) == 1) {
		if (count == row->most ||
		    listen_parse(&got[count], piece, why, sizeof(why)) == -1)
			return -1;
		for (i = 0; i < count; i++)
			if (address_equal(&got[i].address, &got[count].address))
				return -1;
		count++;
	}
	if (more == -1)
		return -1;
	o->listens = count;
	memcpy(o->listen, got, sizeof(got[0]) * (size_t)count);
	return 0;
}

int
option_explain(const struct option *row, const char *text, char *why, size_t size)
{
	struct option_listen got;
	char piece[LISTEN_PIECE];

	*why = '\0';
	while (row->kind == KIND_LISTEN && *why == '\0' &&
	    next_piece(&text, ", ", piece, sizeof(piece)) == 1)
		listen_parse(&got, piece, why, size);
	return *why != '\0' ? 0 : -1;
}

static int
parse_ready_path(const char *text, struct options *o)
{
	if (text[0] != '/' || strpbrk(text, " \t\r\n") != NULL)
		return -1;
	o->ready = OPTION_READY_HTTP;
	o->ready_path = text;
	return 0;
}

static int
parse_ready_command(const char *text, struct options *o)
{
	if (text[strspn(text, " \t\r\n")] == '\0')
		return -1;
	o->ready = OPTION_READY_EXEC;
	o->ready_command = text;
	return 0;
}

static int
parse_ready_delay(const char *text, struct options *o)
{
	enum { DAY_MS = 24 * 3600 * 1000 };
	msec delay;

	if (text_duration(text, &delay) == -1 || delay > DAY_MS)
		return -1;
	o->ready = OPTION_READY_DELAY;
	o->ready_delay = delay;
	return 0;
}

static int
parse_ready(const struct option *row, const char *text, struct options *o)
{
	static const struct {
		const char *prefix;
		int (*parse)(const char *, struct options *);
	} ways[] = {
		{ "http:", parse_ready_path }, { "exec:", parse_ready_command },
		{ "delay:", parse_ready_delay },
	};
	size_t i;

	if (strlen(text) > (size_t)row->most)
		return -1;
	for (i = 0; i < sizeof(ways) / sizeof(*ways); i++)
		if (text_begins(text, ways[i].prefix))
			return ways[i].parse(text + strlen(ways[i].prefix), o);
	return parse_choice(row, text, o);
}

/* "10%" or "0.5%", in thousandths. */
static int
parse_share(const char *text, int *share)
{
	const char *percent = strchr(text, '%'), *dot = strchr(text, '.');
	int64_t n, tenth = 0;
	char whole[8];
	size_t length;

	if (percent == NULL || percent[1] != '\0')
		return -1;
	length = (size_t)((dot != NULL ? dot : percent) - text);
	if (length >= sizeof(whole))
		return -1;
	memcpy(whole, text, length);
	whole[length] = '\0';
	if (text_number(whole, 0, 100, &n) == -1)
		return -1;
	if (dot != NULL && (dot + 2 != percent || dot[1] < '0' || dot[1] > '9'))
		return -1;
	if (dot != NULL)
		tenth = dot[1] - '0';
	n = n * 10 + tenth;
	if (n < 1 || n > CANARY_ALL)
		return -1;
	*share = (int)n;
	return 0;
}

/* "10%:30s", and "10%/source:30s". */
static int
parse_step(const struct option *row, char *text, struct canary_step *step)
{
	char *span = strchr(text, ':'), *by;

	if (span == NULL)
		return -1;
	*span++ = '\0';
	by = strchr(text, '/');
	step->by_source = by != NULL;
	if (by != NULL && strcmp(by, "/source") != 0)
		return -1;
	if (by != NULL)
		*by = '\0';
	if (parse_share(text, &step->share) == -1 || text_duration(span, &step->span) == -1)
		return -1;
	return step->span >= row->least && step->span <= row->most ? 0 : -1;
}

static int
parse_canary(const struct option *row, const char *text, struct options *o)
{
	struct canary got = { 0 };
	char piece[PIECE];
	int more;

	if (strcmp(text, row->word) == 0) {
		o->canary = got;
		return 0;
	}
	while ((more = next_piece(&text, ", ", piece, sizeof(piece))) == 1)
		if (got.count == CANARY_STEPS ||
		    parse_step(row, piece, &got.steps[got.count++]) == -1)
			return -1;
	if (more == -1 || got.count == 0)
		return -1;
	o->canary = got;
	return 0;
}

/* Split at `between`; 1, or 0 when it is not there, or -1 when the first part is too long. */
static int
split(const char *text, const char *between, char first[PIECE], const char **second)
{
	const char *at = strstr(text, between);

	if (at == NULL)
		return 0;
	if (at - text >= PIECE)
		return -1;
	memcpy(first, text, (size_t)(at - text));
	first[at - text] = '\0';
	*second = at + strlen(between);
	return 1;
}

static int
parse_delays(const struct option *row, const char *text, struct options *o)
{
	const char *second = text;
	char first[PIECE];
	msec from, to;
	int parts = split(text, "..", first, &second);

	if (parts == -1 || text_duration(parts == 1 ? first : text, &from) == -1 ||
	    text_duration(second, &to) == -1)
		return -1;
	if (from < row->least || from > to || to > row->most)
		return -1;
	o->restart_delay = from;
	o->restart_delay_most = to;
	return 0;
}

static int
parse_rate(const struct option *row, const char *text, struct options *o)
{
	const char *second;
	char first[PIECE];
	int64_t count;
	msec window;

	if (strcmp(text, row->word) == 0) {
		o->restart_limit = INT_MAX;
		o->restart_window = 60000;
		return 0;
	}
	if (split(text, "/", first, &second) != 1 ||
	    text_number(first, row->least, row->most, &count) == -1 ||
	    text_duration(second, &window) == -1 || window == 0)
		return -1;
	o->restart_limit = (int)count;
	o->restart_window = window;
	return 0;
}

typedef int option_parser(const struct option *row, const char *text, struct options *o);

static option_parser *const parsers[KINDS] = {
	[KIND_TEXT] = parse_text,
	[KIND_PATH] = parse_path,
	[KIND_PATHS] = parse_text,
	[KIND_ASSETS] = parse_assets,
	[KIND_NAMES] = parse_names,
	[KIND_COUNT] = parse_count,
	[KIND_CPUS] = parse_cpus,
	[KIND_PROCESSORS] = parse_processors,
	[KIND_CHOICE] = parse_choice,
	[KIND_DURATION] = parse_measure,
	[KIND_SIZE] = parse_measure,
	[KIND_SWITCH] = parse_switch,
	[KIND_SIGNAL] = parse_signal,
	[KIND_SIGNALS] = parse_signals,
	[KIND_CAPABILITIES] = parse_capabilities,
	[KIND_CODES] = parse_codes,
	[KIND_LISTEN] = parse_listen,
	[KIND_READY] = parse_ready,
	[KIND_CANARY] = parse_canary,
	[KIND_DELAYS] = parse_delays,
	[KIND_RATE] = parse_rate,
};

int
option_parse(const struct option *row, const char *text, struct options *o)
{
	return parsers[row->kind](row, text, o);
}

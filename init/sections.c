/* sections.c - the lines of BATON_CONFIG. */
#include <ctype.h>
#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "init/config.h"
#include "init/sections.h"
#include "init/table.h"
#include "init/words.h"

enum { SHOWN = 64, KEY_COMMAND = OPTION_ROWS, KEY_CRITICAL, KEYS };

struct reading {
	struct config *config;
	options_report *report;
	int errors;
	int line;
	struct service_config *service;	/* NULL before the first section */
	struct service_config lost;	/* takes the keys of a section that is none */
	int began;			/* the line of its [service NAME] */
	int lines[KEYS];		/* where each key of it stands, 0: nowhere */
	char header[SHOWN];		/* what inih read of a [...] */
	bool is_header;
	char *room;			/* for the next value */
};

static void __attribute__((format(printf, 4, 5)))
complain(struct reading *r, int line, const char *key, const char *format, ...)
{
	char sentence[OPTIONS_WHY + 256], shown[SHOWN];
	va_list ap;
	size_t used;

	snprintf(sentence, sizeof(sentence), "BATON_CONFIG, line %d", line);
	if (r->service != NULL && r->service != &r->lost)
		text_append(sentence, sizeof(sentence), ", [service %s]", r->service->name);
	if (key != NULL) {
		text_escape(shown, sizeof(shown), key, strlen(key));
		text_append(sentence, sizeof(sentence), ", key %s", shown);
	}
	used = strlen(sentence);
	va_start(ap, format);
	vsnprintf(sentence + used, sizeof(sentence) - used, format, ap);
	va_end(ap);
	r->report(sentence);
	r->errors++;
}

/* What is not in the table of variables. */
static const char *const own_keys[] = { "command", "critical" };

static int
find_key(const char *name)
{
	const struct option *row = option_find(name);
	int i;

	for (i = 0; i < 2; i++)
		if (strcasecmp(name, own_keys[i]) == 0)
			return KEY_COMMAND + i;
	return row != NULL ? (int)(row - option_rows) : -1;
}

static void
set_command(struct reading *r, const char *value)
{
	const char *wrong;
	char **words = words_split(value, &wrong);

	if (words == NULL)
		complain(r, r->line, "command", ": %s", wrong);
	else
		r->service->command = words;
}

static void
set_critical(struct reading *r, const char *value)
{
	char shown[SHOWN];
	int on;

	if (option_switch(value, &on) == 0) {
		r->service->critical = on != 0;
		return;
	}
	text_escape(shown, sizeof(shown), value, strlen(value));
	complain(r, r->line, "critical", ": '%s' is not accepted: give on or off; for example "
	    "critical = off", shown);
}

/* The options keep pointers to their values: a copy that stays. */
static void
set_option(struct reading *r, const char *name, const char *value)
{
	char why[OPTIONS_WHY];
	const char *kept = strcpy(r->room, value);

	r->room += strlen(value) + 1;
	if (options_set(&r->service->options, OPTIONS_KEY, name, kept, why) == -1)
		complain(r, r->line, name, "%s", why);
}

static void
set_unknown(struct reading *r, const char *name, const char *value)
{
	int i;

	for (i = 0; i < 2; i++)
		if (text_distance(name, own_keys[i]) <= 2) {
			complain(r, r->line, name, ": is no key of baton: did you mean %s?",
			    own_keys[i]);
			return;
		}
	set_option(r, name, value);
}

static void
set(struct reading *r, const char *name, const char *value)
{
	int key = find_key(name);

	if (key != -1 && r->lines[key] != 0) {
		complain(r, r->line, name, ": stands in line %d already: leave out one of them",
		    r->lines[key]);
		return;
	}
	if (key != -1)
		r->lines[key] = r->line;
	if (*value == '\0')
		complain(r, r->line, name, ": is empty: give it a value, or leave the line out");
	else if (key == KEY_COMMAND)
		set_command(r, value);
	else if (key == KEY_CRITICAL)
		set_critical(r, value);
	else if (key == -1)
		set_unknown(r, name, value);
	else
		set_option(r, name, value);
}

/* inih calls this for each KEY = VALUE. */
static int
hear(void *user, const char *section, const char *name, const char *value)
{
	struct reading *r = user;

	if (r->is_header)
		text_copy(r->header, sizeof(r->header), section);
	else if (*name == '\0')
		complain(r, r->line, NULL, ": has no key before its '='");
	else if (r->service == NULL)
		complain(r, r->line, name, ": stands before the first section: begin with a line "
		    "[service NAME]");
	else
		set(r, name, value);
	return 1;
}

static bool
is_name(const char *name)
{
	size_t length = strlen(name), i;

	for (i = 0; i < length; i++)
		if (!isalnum((unsigned char)name[i]) && strchr("._-", name[i]) == NULL)
			return false;
	return length > 0 && length < SERVICE_NAME;
}

/* The NAME of "service NAME", or NULL. */
static const char *
name_of(const char *header)
{
	const char *name = header + strlen("service");

	if (!text_begins(header, "service") || (*name != ' ' && *name != '\t'))
		return NULL;
	name += strspn(name, " \t");
	return is_name(name) ? name : NULL;
}

static bool
is_taken(const struct config *c, const char *name)
{
	int i;

	for (i = 0; i < c->count; i++)
		if (strcmp(c->services[i].name, name) == 0)
			return true;
	return false;
}

/* A section ends where the next one begins, or the text. */
static void
finish(struct reading *r)
{
	if (r->service != NULL && r->service != &r->lost && r->lines[KEY_COMMAND] == 0)
		complain(r, r->began, NULL, ": has no command: add a line like "
		    "command = node server.js");
	r->service = NULL;
}

static void
begin(struct reading *r, const char *name)
{
	struct config *c = r->config;

	r->service = &r->lost;
	if (is_taken(c, name))
		complain(r, r->line, NULL, ": there is a [service %s] before it: give each its own "
		    "name", name);
	else if (c->count == SERVICES)
		complain(r, r->line, NULL, ": there may be no more than %d services, and [service "
		    "%s] is one more", SERVICES, name);
	else
		r->service = &c->services[c->count++];
	memset(r->service, 0, sizeof(*r->service));
	memset(r->lines, 0, sizeof(r->lines));
	text_copy(r->service->name, SERVICE_NAME, name);
	r->service->options = c->plain;
	r->service->critical = true;
	r->began = r->line;
}

/*
 * inih as Debian builds it has its limits in variables. A line is whole only on its heap, and
 * "a ; b" would be cut at what it takes for a comment. It is given one line at a time, for of many
 * it tells only the first that is wrong, and adds one that is indented to the value before.
 */
static int
parse(struct reading *r, const char *text)
{
	ini_use_stack = false;
	ini_initial_alloc = (int)strlen(text) + 3;
	ini_allow_inline_comments = false;
	return ini_parse_string(text, hear, r);
}

/* inih tells of no section without keys, and drops what is too long or behind the ']'. */
static void
read_header(struct reading *r, const char *line)
{
	char with_key[2 * SHOWN], shown[SHOWN];
	const char *name = NULL;

	finish(r);
	r->header[0] = '\0';
	r->is_header = true;
	snprintf(with_key, sizeof(with_key), "%s\n=\n", line);
	if (strlen(line) < SHOWN && parse(r, with_key) == 0 &&
	    strlen(r->header) + strlen("[]") == strlen(line))
		name = name_of(r->header);
	r->is_header = false;
	if (name != NULL) {
		begin(r, name);
		return;
	}
	text_escape(shown, sizeof(shown), line, strlen(line));
	r->service = &r->lost;
	memset(r->lines, 0, sizeof(r->lines));
	complain(r, r->line, NULL, ": '%s' is no section of baton: write [service NAME], with a NAME "
	    "of 1 to %d letters, digits, '.', '_' or '-'", shown, SERVICE_NAME - 1);
}

/* One line, without the blanks around it. */
static void
read_line(struct reading *r, const char *line)
{
	char shown[SHOWN];

	if (*line == '[') {
		read_header(r, line);
		return;
	}
	if (parse(r, line) == 0)
		return;
	text_escape(shown, sizeof(shown), line, strlen(line));
	complain(r, r->line, NULL, ": '%s' is neither [service NAME] nor KEY = VALUE", shown);
}

static void
read_lines(struct reading *r, char *text)
{
	char *line, *end;

	if (text_begins(text, "\xef\xbb\xbf"))	/* a byte order mark, as editors put it there */
		text += 3;
	while ((line = strsep(&text, "\n")) != NULL) {
		r->line++;
		line += strspn(line, " \t\r");
		for (end = line + strlen(line); end > line && strchr(" \t\r", end[-1]) != NULL; end--)
			end[-1] = '\0';
		read_line(r, line);
	}
	finish(r);
}

int
sections_read(struct config *c, options_report *report)
{
	static struct reading r;
	size_t size = strlen(c->plain.config) + 1;
	/* the lines, which are cut, and the values, which stay: each is shorter than its line */
	char *text = malloc(size), *values = malloc(size);

	if (text == NULL || values == NULL) {
		report("cannot read BATON_CONFIG: no memory");
		free(text);
		free(values);
		return 1;
	}
	memcpy(text, c->plain.config, size);
	r = (struct reading){ .config = c, .report = report, .room = values };
	read_lines(&r, text);
	free(text);
	if (c->count == 0 && r.errors == 0) {
		report("BATON_CONFIG names no service: it is the INI text itself, with a line "
		    "[service NAME] and a line command = PROGRAM for each");
		return 1;
	}
	return r.errors;
}

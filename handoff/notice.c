/* notice.c - one datagram of sd_notify(3). No system calls. */
#include <string.h>

#include "base/text.h"
#include "handoff/notice.h"

enum { NUMBER = 24, DELETE = 0x7f };

/* One line, whose value is no string: it ends where the next line begins. */
struct line {
	const char *value;
	size_t length;
};

/* --- text -------------------------------------------------------------------------------------- */

/* How many bytes the character has that begins here; 0 when it is none (RFC 3629). */
static size_t
character(const unsigned char *s, size_t left)
{
	size_t length = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 :
	    s[0] < 0xf5 ? 4 : 0, i;

	if (length == 0 || length > left)
		return 0;
	for (i = 1; i < length; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	/* C1 control characters: a terminal may take them for commands */
	return s[0] == 0xc2 && s[1] < 0xa0 ? 0 : length;
}

void
notice_clean(char *to, size_t size, const char *text, size_t length)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t n, used = 0;

	while (length > 0) {
		n = *s < ' ' || *s == DELETE ? 0 : character(s, length);
		if (used + (n == 0 ? 1 : n) >= size)
			break;
		if (n == 0)
			to[used++] = '?';
		else
			memcpy(to + used, s, n);
		used += n;
		n += n == 0;
		s += n;
		length -= n;
	}
	to[used] = '\0';
}

bool
notice_name_is_good(const char *name)
{
	size_t length = strlen(name), i;

	for (i = 0; i < length; i++)
		if ((unsigned char)name[i] < ' ' || name[i] == DELETE || name[i] == ':')
			return false;
	return length > 0 && length < NOTICE_NAME;
}

/* --- values ------------------------------------------------------------------------------------ */

static bool
is(const struct line *l, const char *word)
{
	return l->length == strlen(word) && memcmp(l->value, word, l->length) == 0;
}

/* As parse_boolean of service managers has it. */
static bool
is_off(const struct line *l)
{
	return is(l, "0") || is(l, "no") || is(l, "n") || is(l, "false") || is(l, "f") ||
	    is(l, "off");
}

static void
number(const struct line *l, int64_t least, int64_t *to)
{
	char text[NUMBER];

	if (l->length >= sizeof(text))
		return;
	memcpy(text, l->value, l->length);
	text[l->length] = '\0';
	text_number(text, least, INT64_MAX, to);
}

static void
on_ready(struct notice *n, const struct line *l)
{
	n->ready |= is(l, "1");
}

static void
on_reloading(struct notice *n, const struct line *l)
{
	n->reloading |= is(l, "1");
}

static void
on_stopping(struct notice *n, const struct line *l)
{
	n->stopping |= is(l, "1");
}

static void
on_barrier(struct notice *n, const struct line *l)
{
	n->barrier |= is(l, "1");
}

static void
on_status(struct notice *n, const struct line *l)
{
	n->said_status = true;
	notice_clean(n->status, sizeof(n->status), l->value, l->length);
}

static void
on_watchdog(struct notice *n, const struct line *l)
{
	n->alive |= is(l, "1");
	n->trigger |= is(l, "trigger");
}

static void
on_watchdog_us(struct notice *n, const struct line *l)
{
	number(l, 0, &n->watchdog_us);
}

static void
on_extend(struct notice *n, const struct line *l)
{
	number(l, 1, &n->extend_us);
}

static void
on_main_pid(struct notice *n, const struct line *l)
{
	number(l, 2, &n->main_pid);
}

static void
on_errno(struct notice *n, const struct line *l)
{
	number(l, 1, &n->error);
}

static void
on_bus_error(struct notice *n, const struct line *l)
{
	notice_clean(n->bus_error, sizeof(n->bus_error), l->value, l->length);
}

static void
on_exit_status(struct notice *n, const struct line *l)
{
	number(l, 0, &n->exit_status);
}

static void
on_store(struct notice *n, const struct line *l)
{
	n->store |= is(l, "1");
}

static void
on_remove(struct notice *n, const struct line *l)
{
	n->remove |= is(l, "1");
}

static void
on_poll(struct notice *n, const struct line *l)
{
	n->poll = !is_off(l);
}

static void
on_name(struct notice *n, const struct line *l)
{
	char name[NOTICE_NAME] = "";

	if (l->length < sizeof(name) && memchr(l->value, '\0', l->length) == NULL)
		memcpy(name, l->value, l->length);
	n->named = notice_name_is_good(name);
	n->bad_name = !n->named;
	memcpy(n->name, n->named ? name : "stored", n->named ? l->length + 1 : sizeof("stored"));
}

static const struct {
	const char *name;
	void (*read)(struct notice *, const struct line *);
} names[] = {
	{ "READY=", on_ready }, { "RELOADING=", on_reloading }, { "STOPPING=", on_stopping },
	{ "BARRIER=", on_barrier }, { "STATUS=", on_status }, { "WATCHDOG=", on_watchdog },
	{ "WATCHDOG_USEC=", on_watchdog_us }, { "EXTEND_TIMEOUT_USEC=", on_extend },
	{ "MAINPID=", on_main_pid }, { "ERRNO=", on_errno }, { "BUSERROR=", on_bus_error },
	{ "EXIT_STATUS=", on_exit_status }, { "FDSTORE=", on_store },
	{ "FDSTOREREMOVE=", on_remove }, { "FDPOLL=", on_poll }, { "FDNAME=", on_name },
};

static void
read_line(struct notice *n, const char *text, size_t length)
{
	struct line l;
	size_t i, skip;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		skip = strlen(names[i].name);
		if (length < skip || memcmp(text, names[i].name, skip) != 0)
			continue;
		l = (struct line){ text + skip, length - skip };
		names[i].read(n, &l);
		return;
	}
}

static void
clear(struct notice *n)
{
	memset(n, 0, sizeof(*n));
	n->poll = true;
	n->watchdog_us = n->exit_status = -1;
	memcpy(n->name, "stored", sizeof("stored"));
}

void
notice_parse(struct notice *n, const char *text, size_t length)
{
	const char *end;
	int lines = 0;

	clear(n);
	while (length > 0) {
		end = memchr(text, '\n', length);
		if (end == NULL)
			end = text + length;
		lines += end > text;
		read_line(n, text, (size_t)(end - text));
		length -= (size_t)(end - text);
		text = end;
		if (length > 0) {
			text++;
			length--;
		}
	}
	if (n->barrier && lines > 1) {
		clear(n);
		n->barrier = true;
	}
}

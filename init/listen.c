/* listen.c - one address of BATON_LISTEN, with the options of its sockets. */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "init/listen.h"
#include "init/option.h"
#include "init/options.h"

enum { BACKLOG_MOST = 1 << 20, QUEUE_MOST = 1 << 20, SECONDS_MOST = 3600 };
enum { BUFFER_LEAST = 1024, BUFFER_MOST = 1 << 30 };

/* --- what an option takes --------------------------------------------------------------------- */

static int
take_backlog(struct option_listen *l, const char *text)
{
	int64_t n;

	if (text_number(text, 1, BACKLOG_MOST, &n) == -1)
		return -1;
	l->wish.backlog = (int)n;
	return 0;
}

static int
take_size(struct option_listen *l, enum trait which, const char *text)
{
	int64_t n;

	if (text_size(text, &n) == -1 || n < BUFFER_LEAST || n > BUFFER_MOST)
		return -1;
	traits_add(&l->wish.traits, which, (int)n);
	return 0;
}

static int
take_rcvbuf(struct option_listen *l, const char *text)
{
	return take_size(l, TRAIT_RCVBUF, text);
}

static int
take_sndbuf(struct option_listen *l, const char *text)
{
	return take_size(l, TRAIT_SNDBUF, text);
}

static int
take_defer_accept(struct option_listen *l, const char *text)
{
	msec span;

	if (text_duration(text, &span) == -1 || span % 1000 != 0 || span < 1000 ||
	    span > SECONDS_MOST * 1000)
		return -1;
	traits_add(&l->wish.traits, TRAIT_DEFER_ACCEPT, (int)(span / 1000));
	return 0;
}

static int
take_fastopen(struct option_listen *l, const char *text)
{
	int64_t n;

	if (text_number(text, 1, QUEUE_MOST, &n) == -1)
		return -1;
	traits_add(&l->wish.traits, TRAIT_FASTOPEN, (int)n);
	return 0;
}

static int
take_keepalive(struct option_listen *l, const char *text)
{
	int on;

	if (option_switch(text, &on) == -1)
		return -1;
	traits_add(&l->wish.traits, TRAIT_KEEPALIVE, on);
	return 0;
}

static int
take_v6only(struct option_listen *l, const char *text)
{
	int on;

	if (l->address.family != AF_INET6 || option_switch(text, &on) == -1)
		return -1;
	l->wish.v6only = on;
	return 0;
}

static int
take_mode(struct option_listen *l, const char *text)
{
	int mode = 0;
	const char *at;

	for (at = text; *at >= '0' && *at <= '7' && mode <= 0777; at++)
		mode = mode * 8 + (*at - '0');
	if (at == text || *at != '\0' || mode > 0777)
		return -1;
	l->wish.rights.mode = mode;
	return 0;
}

/* Who that is is looked up where there is a file system: boot.c. */
static int
take_owner(struct option_listen *l, const char *text)
{
	return *text == '\0' ? -1 : text_copy(l->owner, sizeof(l->owner), text);
}

enum { TCP = 1, UNIX = 2, ANY = TCP | UNIX };

static const struct row {
	const char *name;
	int families;
	int (*take)(struct option_listen *, const char *);
	const char *accepts;
} rows[] = {
	{ "backlog", ANY, take_backlog, "a whole number from 1 to 1048576" },
	{ "rcvbuf", ANY, take_rcvbuf, "a size from 1k to 1G (64k, 1M)" },
	{ "sndbuf", ANY, take_sndbuf, "a size from 1k to 1G (64k, 1M)" },
	{ "defer_accept", TCP, take_defer_accept, "whole seconds from 1s to 1h" },
	{ "fastopen", TCP, take_fastopen, "a whole number from 1 to 1048576" },
	{ "keepalive", TCP, take_keepalive, "on or off" },
	{ "v6only", TCP, take_v6only, "on or off, for an IPv6 address" },
	{ "mode", UNIX, take_mode, "an octal number from 0 to 777 (0660)" },
	{ "owner", UNIX, take_owner, "user or user:group, names or numbers (app:app)" },
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

/* --- the text --------------------------------------------------------------------------------- */

static int
unknown(const char *name, char *why, size_t size)
{
	int i;

	snprintf(why, size, "option '%.40s' is not known: give", name);
	for (i = 0; i < ROWS; i++)
		text_append(why, size, "%s %s", i == 0 ? "" : i == ROWS - 1 ? " or" : ",",
		    rows[i].name);
	return -1;
}

static int
take(struct option_listen *l, const char *name, const char *value, char *why, size_t size)
{
	int family = l->address.family == AF_UNIX ? UNIX : TCP, i;

	for (i = 0; i < ROWS && strcmp(rows[i].name, name) != 0; i++)
		;
	if (i == ROWS)
		return unknown(name, why, size);
	if ((rows[i].families & family) == 0) {
		snprintf(why, size, "option %s is of %s sockets alone", name,
		    family == TCP ? "UNIX" : "TCP");
		return -1;
	}
	if (rows[i].take(l, value) == 0)
		return 0;
	snprintf(why, size, "%s=%.60s: give %s", name, value, rows[i].accepts);
	return -1;
}

/* "backlog=4096&rcvbuf=1M" */
static int
take_all(struct option_listen *l, const char *text, char *why, size_t size)
{
	char one[128], *equals;
	size_t length;

	for (; *text != '\0'; text += length, text += *text == '&') {
		length = strcspn(text, "&");
		if (length >= sizeof(one))
			return -1;
		memcpy(one, text, length);
		one[length] = '\0';
		if ((equals = strchr(one, '=')) != NULL)
			*equals = '\0';
		if (take(l, one, equals != NULL ? equals + 1 : "", why, size) == -1)
			return -1;
	}
	return 0;
}

int
listen_parse(struct option_listen *listen, const char *text, char *why, size_t size)
{
	size_t before = strcspn(text, "?");
	const char *options = text[before] == '?' ? text + before + 1 : "";
	const char *equals = memchr(text, '=', before);
	struct option_listen got = { .name = "" };
	size_t length = equals != NULL ? (size_t)(equals - text) : 0;
	char address[ADDRESS_TEXT];

	*why = '\0';
	listener_wish_nothing(&got.wish);
	if (equals != NULL && (length == 0 || length >= sizeof(got.name) ||
	    memchr(text, ':', length) != NULL))	/* the separator of LISTEN_FDNAMES */
		return -1;
	memcpy(got.name, text, length);
	if (equals != NULL)
		text += length + 1;
	before = strcspn(text, "?");
	if (before >= sizeof(address)) {
		snprintf(why, size, "its path is longer than %d bytes",
		    ADDRESS_PATH_MOST - UNIX_SUFFIX);
		return -1;
	}
	memcpy(address, text, before);
	address[before] = '\0';
	if (*address == '@') {
		snprintf(why, size, "an abstract name cannot be handed over: give a path");
		return -1;
	}
	if (address_parse(&got.address, address) == -1 ||
	    take_all(&got, options, why, size) == -1)
		return -1;
	*listen = got;
	return 0;
}

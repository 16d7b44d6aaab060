/* environment.c - what a worker sees. */
#include <sys/socket.h>

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "handoff/environment.h"
#include "handoff/keep.h"

enum { OWN_MOST = 20 + 2 * KEEP_LISTENERS, FIRST_SLOT = 3, LIST = KEEP_LISTENERS * (ADDRESS_TEXT + 8) };

static void *
must(void *memory)
{
	if (memory == NULL)
		log_die(1, "out of memory");
	return memory;
}

/* What baton, or who started it, said to baton and not to its workers. */
static bool
is_private(const char *variable, enum adopt style)
{
	static const char *const prefixes[] = { "BATON_", "LISTEN_FDS=", "LISTEN_PID=",
		"LISTEN_FDNAMES=", "NOTIFY_SOCKET=", "NODE_APP_INSTANCE=", "WATCHDOG_USEC=",
		"WATCHDOG_PID=" };
	static const char *const of_style[] = { [ADOPT_EINHORN] = "EINHORN_",
		[ADOPT_SERVER_STARTER] = "SERVER_STARTER_", [ADOPT_NGINX] = "NGINX=",
		[ADOPT_OFF] = NULL };
	size_t i;

	for (i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++)
		if (text_begins(variable, prefixes[i]))
			return true;
	return of_style[style] != NULL && text_begins(variable, of_style[style]);
}

static void __attribute__((format(printf, 3, 4)))
put(char **list, size_t *count, const char *format, ...)
{
	va_list ap;
	int n;

	va_start(ap, format);
	n = vasprintf(&list[*count], format, ap);
	va_end(ap);
	if (n == -1)
		log_die(1, "out of memory");
	(*count)++;
}

static void
put_einhorn(char **list, size_t *count, const struct identity *who)
{
	char all[LIST] = "";
	int i;

	for (i = 0; i < who->address_count; i++) {
		text_append(all, sizeof(all), "%s%d", i > 0 ? " " : "", FIRST_SLOT + i);
		put(list, count, "EINHORN_FD_%d=%d", i, FIRST_SLOT + i);
		put(list, count, "EINHORN_FD_FAMILY_%d=%s", i,
		    who->addresses[i].family == AF_INET ? "AF_INET" :
		    who->addresses[i].family == AF_INET6 ? "AF_INET6" : "AF_UNIX");
	}
	put(list, count, "EINHORN_FDS=%s", all);
	put(list, count, "EINHORN_FD_COUNT=%d", who->address_count);
	put(list, count, "EINHORN_MASTER_PID=%d", (int)who->keeper);
}

static void
put_server_starter(char **list, size_t *count, const struct identity *who)
{
	char all[LIST] = "";
	int i;

	for (i = 0; i < who->address_count; i++)
		text_append(all, sizeof(all), "%s%s=%d", i > 0 ? ";" : "",
		    who->addresses[i].address, FIRST_SLOT + i);
	put(list, count, "SERVER_STARTER_PORT=%s", all);
	put(list, count, "SERVER_STARTER_GENERATION=%u", who->generation);
}

static void
put_nginx(char **list, size_t *count, const struct identity *who)
{
	char all[LIST] = "";
	int i;

	for (i = 0; i < who->address_count; i++)
		text_append(all, sizeof(all), "%d;", FIRST_SLOT + i);
	put(list, count, "NGINX=%s", all);
}

/* What servers of this style look at besides. */
static void
put_style(char **list, size_t *count, const struct identity *who)
{
	switch (who->style) {
	case ADOPT_EINHORN:
		put_einhorn(list, count, who);
		break;
	case ADOPT_SERVER_STARTER:
		put_server_starter(list, count, who);
		break;
	case ADOPT_NGINX:
		put_nginx(list, count, who);
		break;
	case ADOPT_AUTO:
	case ADOPT_INJECT:
	case ADOPT_ENV:
	case ADOPT_FETCH:
	case ADOPT_OFF:
		break;
	}
}

/* What is nobody's business but theirs, and room for our own. */
static char **
copy_public(char *const inherited[], enum adopt style, size_t *count)
{
	size_t all = 0, i;
	char **list;

	while (inherited[all] != NULL)
		all++;
	list = must(calloc(all + OWN_MOST, sizeof(*list)));
	*count = 0;
	for (i = 0; i < all; i++)
		if (!is_private(inherited[i], style))
			list[(*count)++] = must(strdup(inherited[i]));
	return list;
}

char **
environment_of_check(char *const inherited[], uint32_t generation, int32_t release,
    const char *address, const char *addresses)
{
	size_t count;
	char **list = copy_public(inherited, ADOPT_OFF, &count);

	put(list, &count, "BATON_GENERATION=%u", generation);
	if (release != 0)
		put(list, &count, "BATON_RELEASE=%d", release);
	if (address[0] != '\0') {
		put(list, &count, "BATON_ADDRESS=%s", address);
		put(list, &count, "BATON_ADDRESSES=%s", addresses);
	}
	return list;
}

char **
environment_of_worker(char *const inherited[], const struct identity *who)
{
	size_t count;
	char **list = copy_public(inherited, who->style, &count);

	put(list, &count, "BATON_GENERATION=%u", who->generation);
	put(list, &count, "BATON_WORKER=%d", who->worker);
	put(list, &count, "NODE_APP_INSTANCE=%d", who->worker);
	if (who->release != 0)
		put(list, &count, "BATON_RELEASE=%d", who->release);
	if (who->notify_socket != NULL)
		put(list, &count, "NOTIFY_SOCKET=%s", who->notify_socket);
	if (who->socket != NULL)
		put(list, &count, "BATON_SOCKET=%s", who->socket);
	if (who->watchdog_us > 0) {
		put(list, &count, ENVIRONMENT_WATCHDOG_PID "%11s", "");
		put(list, &count, "WATCHDOG_USEC=%lld", (long long)who->watchdog_us);
	}
	if (who->slots > 0) {
		put(list, &count, ENVIRONMENT_LISTEN_PID "%11s", "");
		put(list, &count, "LISTEN_FDS=%d", who->slots);
		put(list, &count, "LISTEN_FDNAMES=%s", who->slot_names);
	}
	if (who->address_count > 0)
		put_style(list, &count, who);
	return list;
}

void
environment_free(char **environment)
{
	size_t i;

	for (i = 0; environment[i] != NULL; i++)
		free(environment[i]);
	free(environment);
}

static const char *
skip_here(const char *path)
{
	while (text_begins(path, "./")) {
		path += 2;
		while (*path == '/')
			path++;
	}
	return path;
}

/* What follows `prefix` in path, "" or "/...", or NULL when path does not lie under it. */
static const char *
below(const char *path, const char *prefix, size_t length)
{
	while (length > 1 && prefix[length - 1] == '/')
		length--;
	if (length == 0 || strncmp(path, prefix, length) != 0)
		return NULL;
	return path[length] == '\0' || path[length] == '/' ? path + length : NULL;
}

/* The path seen from directory; path itself where there is none to see it from. Allocated. */
static char *
seen_from(const char *directory, const char *path)
{
	char *joined;

	if (path[0] == '/' || directory == NULL)
		return must(strdup(skip_here(path)));
	if (asprintf(&joined, "%s/%s", strcmp(directory, "/") == 0 ? "" : directory,
	    skip_here(path)) == -1)
		log_die(1, "out of memory");
	return joined;
}

/* "dist/../src/x" begins under dist and ends elsewhere. */
static bool
climbs(const char *rest)
{
	const char *up = strstr(rest, "/..");

	return up != NULL && (up[3] == '/' || up[3] == '\0');
}

char *
environment_pin(const char *argument, const char *directory, const char *live, const char *here,
    const char *release)
{
	char *path = seen_from(directory, argument), *under = seen_from(here, live), *pinned;
	const char *rest = below(path, under, strlen(under));

	if (rest == NULL || climbs(rest))
		pinned = must(strdup(argument));
	else if (asprintf(&pinned, "%s%s", release, rest) == -1)
		log_die(1, "out of memory");
	free(path);
	free(under);
	return pinned;
}

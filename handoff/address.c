/* address.c - where a service is reached. No system calls. */
#include <sys/un.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "handoff/address.h"

static int
parse_port(const char *text, uint16_t *port)
{
	int64_t n;

	if (text_number(text, 1, 65535, &n) == -1)
		return -1;
	*port = (uint16_t)n;
	return 0;
}

/* "HOST" of "HOST:PORT"; brackets say that it is IPv6. */
static int
parse_host(struct address *a, const char *host, size_t length)
{
	char plain[INET6_ADDRSTRLEN];
	bool bracketed = length >= 2 && host[0] == '[' && host[length - 1] == ']';

	if (bracketed) {
		host++;
		length -= 2;
	}
	if (length >= sizeof(plain))
		return -1;
	memcpy(plain, host, length);
	plain[length] = '\0';
	a->family = bracketed ? AF_INET6 : AF_INET;
	return inet_pton(a->family, plain, a->ip) == 1 ? 0 : -1;
}

/* A name of a file that can stand in a log line, in JSON and in LISTEN_FDNAMES as it is. */
static bool
is_path(const char *text, size_t length)
{
	const char *last = memrchr(text, '/', length);
	size_t i;

	if (length == 0 || length > ADDRESS_PATH_MOST)
		return false;
	for (i = 0; i < length; i++)
		if ((unsigned char)text[i] <= ' ' || strchr("\"\\\177", text[i]) != NULL)
			return false;
	last = last != NULL ? last + 1 : text;
	length -= (size_t)(last - text);
	return length > 0 && !(length <= 2 && memcmp(last, "..", length) == 0);
}

static int
set_path(struct address *a, const char *text, size_t length)
{
	struct address got = { .family = AF_UNIX };

	if (!is_path(text, length))
		return -1;
	memcpy(got.path, text, length);
	*a = got;
	return 0;
}

int
address_parse(struct address *a, const char *text)
{
	struct address got = { .family = AF_INET6 };
	const char *colon = strrchr(text, ':');

	if (strchr(text, '/') != NULL)
		return set_path(a, text, strlen(text));
	if (parse_port(colon != NULL ? colon + 1 : text, &got.port) == -1)
		return -1;
	if (colon != NULL && colon != text &&
	    parse_host(&got, text, (size_t)(colon - text)) == -1)
		return -1;
	*a = got;
	return 0;
}

/* The NUL at the end of a path may be there or not; one in front is of a name that is no file's. */
static int
from_path(struct address *a, const void *sockaddr, size_t length)
{
	const char *path = (const char *)sockaddr + offsetof(struct sockaddr_un, sun_path);

	if (length <= offsetof(struct sockaddr_un, sun_path) || *path == '\0')
		return -1;
	return set_path(a, path, strnlen(path, length - offsetof(struct sockaddr_un, sun_path)));
}

int
address_from_sockaddr(struct address *a, const void *sockaddr, size_t length)
{
	struct address got = { 0 };
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (length < sizeof(sa_family_t))
		return -1;
	memcpy(&got.family, sockaddr, sizeof(got.family));
	if (got.family == AF_UNIX)
		return from_path(a, sockaddr, length);
	if (got.family == AF_INET && length >= sizeof(v4)) {
		memcpy(&v4, sockaddr, sizeof(v4));
		got.port = ntohs(v4.sin_port);
		memcpy(got.ip, &v4.sin_addr, 4);
	} else if (got.family == AF_INET6 && length >= 24) {	/* RFC 2133 had no scope id */
		memcpy(&v6, sockaddr, 24);
		got.port = ntohs(v6.sin6_port);
		memcpy(got.ip, &v6.sin6_addr, 16);
	} else
		return -1;
	*a = got;
	return 0;
}

socklen_t
address_to_sockaddr(const struct address *a, struct sockaddr_storage *to)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(a->port) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(a->port) };
	struct sockaddr_un file = { .sun_family = AF_UNIX };

	memset(to, 0, sizeof(*to));
	if (a->family == AF_UNIX) {
		memcpy(file.sun_path, a->path, sizeof(file.sun_path));
		memcpy(to, &file, sizeof(file));
		return sizeof(file);
	}
	if (a->family == AF_INET) {
		memcpy(&v4.sin_addr, a->ip, 4);
		memcpy(to, &v4, sizeof(v4));
		return sizeof(v4);
	}
	memcpy(&v6.sin6_addr, a->ip, 16);
	memcpy(to, &v6, sizeof(v6));
	return sizeof(v6);
}

void
address_print(char *to, const struct address *a)
{
	char host[INET6_ADDRSTRLEN] = "?";

	if (a->family == AF_UNIX) {
		snprintf(to, ADDRESS_TEXT, "%s", a->path);
		return;
	}
	inet_ntop(a->family, a->ip, host, sizeof(host));
	snprintf(to, ADDRESS_TEXT, a->family == AF_INET6 ? "[%s]:%u" : "%s:%u", host, a->port);
}

bool
address_equal(const struct address *a, const struct address *b)
{
	return a->family == b->family && a->port == b->port &&
	    memcmp(a->ip, b->ip, sizeof(a->ip)) == 0 && strcmp(a->path, b->path) == 0;
}

bool
address_is_wildcard(const struct address *a)
{
	static const uint8_t any[16];

	return a->family != AF_UNIX && memcmp(a->ip, any, sizeof(any)) == 0;
}

bool
address_covers(const struct address *listener, const struct address *asked)
{
	if (address_equal(listener, asked))
		return true;
	if (listener->port != asked->port || listener->family == AF_UNIX || asked->family == AF_UNIX)
		return false;
	if (address_is_wildcard(listener))	/* [::] takes IPv4 as well, 0.0.0.0 does not take IPv6 */
		return listener->family == AF_INET6 || asked->family == AF_INET ||
		    address_is_wildcard(asked);
	return address_is_wildcard(asked) &&
	    (asked->family == AF_INET6 || listener->family == AF_INET);
}

struct address
address_reachable(const struct address *listener)
{
	struct address to = *listener;
	static const uint8_t loopback[4] = { 127, 0, 0, 1 };

	if (!address_is_wildcard(listener))
		return to;
	memset(to.ip, 0, sizeof(to.ip));
	to.family = AF_INET;
	memcpy(to.ip, loopback, sizeof(loopback));
	return to;
}

struct address
address_loopback6(uint16_t port)
{
	return (struct address){ .family = AF_INET6, .port = port, .ip = { [15] = 1 } };
}

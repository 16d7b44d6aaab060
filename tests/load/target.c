/* target.c - where the requests go. Parses addresses only, and never asks a name server. */
#include "tests/load/target.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

static int
fail(const char **why, const char *sentence)
{
	*why = sentence;
	return -1;
}

static int
write_request(struct target *t, const char *path, bool keep_alive)
{
	int size;

	size = snprintf(t->request, sizeof t->request,
	    "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: load\r\nAccept: */*\r\nConnection: "
	    "%s\r\n\r\n",
	    *path == '/' ? path : "/", t->host, keep_alive ? "keep-alive" : "close");
	t->request_size = (size_t)size;
	return size > 0 && t->request_size < sizeof t->request ? 0 : -1;
}

static int
set_internet(struct target *t, const char *host, in_port_t port)
{
	struct sockaddr_in *four = (struct sockaddr_in *)&t->address;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)&t->address;

	if (strcmp(host, "localhost") == 0)
		host = "127.0.0.1";
	if (inet_pton(AF_INET, host, &four->sin_addr) == 1) {
		four->sin_family = AF_INET;
		four->sin_port = htons(port);
		t->address_size = sizeof *four;
		return 0;
	}
	if (inet_pton(AF_INET6, host, &six->sin6_addr) == 1) {
		six->sin6_family = AF_INET6;
		six->sin6_port = htons(port);
		t->address_size = sizeof *six;
		return 0;
	}
	return -1;
}

/* Copy the first `size` characters of text into room, or fail. */
static int
cut(char *room, size_t room_size, const char *text, size_t size)
{
	if (size == 0 || size >= room_size)
		return -1;
	memcpy(room, text, size);
	room[size] = '\0';
	return 0;
}

static int
parse_http(struct target *t, const char *text, const char **path, const char **why)
{
	size_t authority = strcspn(text, "/"), host_size;
	const char *start = text, *after;
	char host[256], *end;
	unsigned long port = 80;

	*path = text + authority;
	if (cut(t->host, sizeof t->host, text, authority) == -1)
		return fail(why, "the URL has no host");
	if (*text == '[') {
		start++;
		host_size = strcspn(start, "]");
		after = start + host_size + (start[host_size] == ']');
	} else {
		host_size = strcspn(start, ":/");
		after = start + host_size;
	}
	if (cut(host, sizeof host, start, host_size) == -1)
		return fail(why, "the URL has no host");
	if (*after == ':') {
		port = strtoul(after + 1, &end, 10);
		after = end;
	}
	if (after != *path || port < 1 || port > 65535)
		return fail(why, "the URL's port is no number from 1 to 65535");
	if (set_internet(t, host, (in_port_t)port) == -1)
		return fail(why, "the URL's host is neither an address nor localhost");
	return 0;
}

static int
parse_unix(struct target *t, const char *text, const char **path, const char **why)
{
	struct sockaddr_un *local = (struct sockaddr_un *)&t->address;
	size_t size = strcspn(text, ":");

	if (cut(local->sun_path, sizeof local->sun_path, text, size) == -1)
		return fail(why, "the socket's path is empty or too long");
	local->sun_family = AF_UNIX;
	t->address_size = sizeof *local;
	strcpy(t->host, "localhost");
	*path = text + size + (text[size] == ':');
	return 0;
}

int
target_parse(struct target *t, const char *url, bool keep_alive, const char **why)
{
	const char *path = "";
	int result;

	memset(t, 0, sizeof *t);
	if (strncmp(url, "http://", 7) == 0)
		result = parse_http(t, url + 7, &path, why);
	else if (strncmp(url, "unix:", 5) == 0)
		result = parse_unix(t, url + 5, &path, why);
	else
		return fail(why, "the URL begins neither with http:// nor with unix:");
	if (result == -1)
		return -1;
	if (strpbrk(path, " \t\r\n") || write_request(t, path, keep_alive) == -1)
		return fail(why, "the URL's path has spaces or is too long");
	return 0;
}

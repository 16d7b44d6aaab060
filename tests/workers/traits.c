/*
 * traits.c - a server that sets what it wants on its socket before bind, and answers each connection
 * with what the socket that it listens on has.
 *
 * traits ADDRESS [NAME=VALUE...]: ADDRESS is a port, 6:PORT for IPv6 alone, or a path. "up" is written
 * when it listens.
 */
#include <sys/socket.h>
#include <sys/un.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
	const char *name;
	int level, option;
} rows[] = {
	{ "rcvbuf", SOL_SOCKET, SO_RCVBUF }, { "sndbuf", SOL_SOCKET, SO_SNDBUF },
	{ "defer_accept", IPPROTO_TCP, TCP_DEFER_ACCEPT }, { "fastopen", IPPROTO_TCP, TCP_FASTOPEN },
	{ "keepalive", SOL_SOCKET, SO_KEEPALIVE }, { "keepidle", IPPROTO_TCP, TCP_KEEPIDLE },
	{ "nodelay", IPPROTO_TCP, TCP_NODELAY }, { "v6only", IPPROTO_IPV6, IPV6_V6ONLY },
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static int
get(int fd, int row)
{
	int value = -1;
	socklen_t length = sizeof(value);

	getsockopt(fd, rows[row].level, rows[row].option, &value, &length);
	return value;
}

static void
set(int fd, const char *text)
{
	const char *equals = strchr(text, '=');
	int i, value = atoi(equals + 1);

	for (i = 0; i < ROWS; i++)
		if (strncmp(rows[i].name, text, (size_t)(equals - text)) == 0)
			setsockopt(fd, rows[i].level, rows[i].option, &value, sizeof(value));
}

static int
make(const char *where, char *const options[])
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	struct sockaddr_un path = { .sun_family = AF_UNIX };
	int family = strchr(where, '/') != NULL ? AF_UNIX : strncmp(where, "6:", 2) == 0 ? AF_INET6 :
	    AF_INET;
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1, done;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	for (; *options != NULL; options++)
		set(fd, *options);
	if (family == AF_UNIX) {
		snprintf(path.sun_path, sizeof(path.sun_path), "%s", where);
		unlink(where);
		done = bind(fd, (struct sockaddr *)&path, sizeof(path));
	} else if (family == AF_INET6) {
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
		v6.sin6_port = htons((uint16_t)atoi(where + 2));
		done = bind(fd, (struct sockaddr *)&v6, sizeof(v6));
	} else {
		v4.sin_port = htons((uint16_t)atoi(where));
		done = bind(fd, (struct sockaddr *)&v4, sizeof(v4));
	}
	if (done == -1 || listen(fd, 64) == -1) {
		perror(where);
		exit(1);
	}
	return fd;
}

int
main(int argc, char *argv[])
{
	char text[512] = "HTTP/1.0 200 OK\r\n\r\n", byte;
	size_t at = strlen(text);
	int fd, client, i;

	if (argc < 2)
		return 64;
	signal(SIGPIPE, SIG_IGN);
	fd = make(argv[1], argv + 2);
	puts("up");
	fflush(stdout);
	while ((client = accept(fd, NULL, NULL)) != -1) {
		text[at] = '\0';
		for (i = 0; i < ROWS; i++)
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s=%d\n",
			    rows[i].name, get(fd, i));
		if (read(client, &byte, 1) == 1)
			(void)!write(client, text, strlen(text));
		shutdown(client, SHUT_WR);
		while (read(client, &byte, 1) == 1)
			;
		close(client);
	}
	return 1;
}

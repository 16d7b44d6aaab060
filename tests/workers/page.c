/*
 * page.c - a server of files, as static as it gets: each request opens its file anew.
 *
 *     page PORT DIRECTORY
 *
 * "/" is index.html; a file that cannot be opened is a 404. A process for each connection, kept alive.
 */
#include "tests/workers/worker.h"

#include <sys/wait.h>

#include <fcntl.h>
#include <stdbool.h>

enum { REQUEST = 4096, BODY = 64 * 1024 };

static volatile sig_atomic_t ending;

static void
on_term(int signo)
{
	(void)signo;
	ending = 1;
}

/* Up to the empty line; false at the end of the connection. */
static bool
read_request(int fd, char *text, size_t size)
{
	size_t used = 0;
	ssize_t n;

	while (used < size - 1 && (n = read(fd, text + used, size - 1 - used)) > 0) {
		used += (size_t)n;
		text[used] = '\0';
		if (strstr(text, "\r\n\r\n") != NULL)
			return true;
	}
	return false;
}

static void
answer(int fd, const char *directory, const char *path)
{
	static char body[BODY], all[BODY + 256];
	char name[4096];
	ssize_t n = -1;
	int file, length;

	snprintf(name, sizeof(name), "%s/%s", directory,
	    strcmp(path, "/") == 0 ? "index.html" : path + 1);
	if (strstr(path, "..") == NULL && (file = open(name, O_RDONLY | O_CLOEXEC)) != -1) {
		n = read(file, body, sizeof(body));
		close(file);
	}
	length = snprintf(all, sizeof(all), "HTTP/1.1 %s\r\nContent-Length: %zd\r\n%s\r\n",
	    n == -1 ? "404 Not Found" : "200 OK", n == -1 ? 0 : n, ending ? "Connection: close\r\n" : "");
	if (n > 0)
		memcpy(all + length, body, (size_t)n);
	if (write(fd, all, (size_t)length + (size_t)(n > 0 ? n : 0)) == -1)
		ending = ending ? 1 : 0;
}

static void
serve(int fd, const char *directory)
{
	char text[REQUEST], path[1024];

	while (read_request(fd, text, sizeof(text)) && sscanf(text, "GET %1000s", path) == 1)
		answer(fd, directory, path);
	close(fd);
}

int
main(int argc, char *argv[])
{
	struct sigaction term = { .sa_handler = on_term };
	struct sockaddr_in at = { .sin_family = AF_INET };
	int on = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), fd;

	if (argc != 3)
		return 64;
	at.sin_port = htons((uint16_t)atoi(argv[1]));
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sigaction(SIGTERM, &term, NULL);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(listener, (struct sockaddr *)&at, sizeof(at)) == -1 || listen(listener, 128) == -1)
		worker_die("listen");
	while (!ending)
		if ((fd = accept(listener, NULL, NULL)) != -1) {
			if (fork() == 0) {
				close(listener);
				serve(fd, argv[2]);
				_exit(0);
			}
			close(fd);
			while (waitpid(-1, NULL, WNOHANG) > 0)
				;
		}
	return 0;
}

/*
 * moments.c - PATH SECONDS: look at a UNIX socket's path and connect to it, over and over. One line:
 * how often, how often the path was not there, and how often a connection was not answered.
 */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { LOOKS = 20 };

static int
ask(const struct sockaddr_un *where)
{
	static const char request[] = "GET / HTTP/1.0\r\n\r\n";
	struct timeval patience = { 5, 0 };
	char answer[256];
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), fine;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	fine = connect(fd, (const struct sockaddr *)where, sizeof(*where)) == 0 &&
	    write(fd, request, sizeof(request) - 1) == (ssize_t)sizeof(request) - 1 &&
	    read(fd, answer, sizeof(answer)) > 0;
	close(fd);
	return fine ? 0 : -1;
}

int
main(int argc, char *argv[])
{
	struct sockaddr_un where = { .sun_family = AF_UNIX };
	long asked = 0, failed = 0, gone = 0;
	struct stat st;
	time_t end;
	int i;

	if (argc != 3)
		return 64;
	signal(SIGPIPE, SIG_IGN);
	snprintf(where.sun_path, sizeof(where.sun_path), "%s", argv[1]);
	for (end = time(NULL) + atoi(argv[2]); time(NULL) < end; asked++) {
		for (i = 0; i < LOOKS; i++)
			gone += stat(where.sun_path, &st) == -1;
		failed += ask(&where) == -1;
	}
	printf("asked=%ld failed=%ld gone=%ld\n", asked, failed, gone);
	return failed > 0 || gone > 0;
}

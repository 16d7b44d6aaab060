/*
 * first.c - a worker that measures how long it is from READY=1 to its first connection.
 *
 * Takes its socket by LISTEN_FDS, appends the microseconds to the file it is given, then serves.
 * With --connect PORT it is the client: one connection every tenth of a millisecond, so that waiting
 * for somebody to connect is no part of what is measured; ended, it says how many failed.
 */
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LISTENING = 3 };

static long
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void
say_ready(void)
{
	const char *name = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	size_t length;

	if (name == NULL || fd == -1 || (length = strlen(name)) >= sizeof(to.sun_path))
		exit(1);
	memcpy(to.sun_path, name, length);
	if (name[0] == '@')
		to.sun_path[0] = '\0';
	if (sendto(fd, "READY=1", 7, 0, (struct sockaddr *)&to,
	    (socklen_t)(sizeof(sa_family_t) + length)) == -1)
		exit(1);
	close(fd);
}

static void
serve(int fd)
{
	static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n"
	    "Connection: close\r\n\r\nok\n";
	char request[2048];

	if (read(fd, request, sizeof(request)) > 0 &&
	    write(fd, answer, sizeof(answer) - 1) == -1)
		perror("write");
	close(fd);
}

static volatile sig_atomic_t ended;

static void
end(int signo)
{
	(void)signo;
	ended = 1;
}

static int
connect_for_ever(int port)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	struct timespec pause = { .tv_nsec = 100000 };
	long count = 0, failed = 0;
	int fd;

	signal(SIGINT, end);
	signal(SIGTERM, end);
	prctl(PR_SET_TIMERSLACK, 1);
	while (!ended) {
		fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		failed += fd == -1 || connect(fd, (struct sockaddr *)&to, sizeof(to)) == -1;
		count++;
		close(fd);
		nanosleep(&pause, NULL);
	}
	printf("%ld connections, %ld failed\n", count, failed);
	return failed > 0;
}

int
main(int argc, char *argv[])
{
	long ready, first;
	FILE *out;
	int fd;

	if (argc == 3 && strcmp(argv[1], "--connect") == 0)
		return connect_for_ever(atoi(argv[2]));
	if (argc != 2 || fcntl(LISTENING, F_SETFL, 0) == -1)
		return 64;
	ready = now_us();
	say_ready();
	if ((fd = accept(LISTENING, NULL, NULL)) == -1)
		return 1;
	first = now_us();
	serve(fd);
	if ((out = fopen(argv[1], "a")) == NULL)
		return 1;
	fprintf(out, "%ld\n", first - ready);
	fclose(out);
	while ((fd = accept(LISTENING, NULL, NULL)) != -1)
		serve(fd);
	return 0;
}

/*
 * signalled.c - says which signals it gets: "ready PID", then one number a line.
 *
 * All 64 are blocked and taken one by one with the system calls themselves, because glibc keeps 32
 * and 33 from its callers; so none is lost in a handler, and none but KILL and STOP does anything.
 *
 *     signalled [--name NAME] [--end SIGNAL] [--after MS] [--code N] [--become UID] [--port PORT]
 *
 * With --name each line begins with it. After the signal --end it waits --after, says "gone" with
 * the monotonic milliseconds, and exits with --code. --port makes it a service on 127.0.0.1.
 */
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static struct {
	const char *name;
	int end, after, code, become, port;
} options = { .name = "", .become = -1 };

static const uint64_t all = ~UINT64_C(0);

/* One write a line: several of these share a pipe. */
static void
say(const char *what, long long number)
{
	char line[128];
	int length = snprintf(line, sizeof(line), "%.60s%s%s%lld\n", options.name,
	    options.name[0] != '\0' ? " " : "", what, number);

	if (write(STDOUT_FILENO, line, (size_t)length) == -1)
		exit(1);
}

static void
read_options(char **argv)
{
	static const struct { const char *name; int *number; } rows[] = {
		{ "--end", &options.end }, { "--after", &options.after },
		{ "--code", &options.code }, { "--become", &options.become },
		{ "--port", &options.port },
	};
	size_t i;

	for (; argv[0] != NULL && argv[1] != NULL; argv += 2) {
		if (strcmp(argv[0], "--name") == 0)
			options.name = argv[1];
		for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
			if (strcmp(argv[0], rows[i].name) == 0)
				*rows[i].number = atoi(argv[1]);
	}
}

/* Takes connections in a process of its own, which ends with this one. */
static void
serve(void)
{
	struct sockaddr_in here = { .sin_family = AF_INET, .sin_port = htons((uint16_t)options.port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(listener, (struct sockaddr *)&here, sizeof(here)) == -1 ||
	    listen(listener, 16) == -1) {
		perror("signalled: cannot listen");
		exit(1);
	}
	if (fork() != 0)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		close(accept(listener, NULL, NULL));
}

static int
next_signal(void)
{
	siginfo_t info;
	long got;

	do
		got = syscall(SYS_rt_sigtimedwait, &all, &info, NULL, sizeof(all));
	while (got == -1 && errno == EINTR);
	return (int)got;
}

static void
leave(void)
{
	struct timespec pause = { options.after / 1000, options.after % 1000 * 1000000L }, now;

	nanosleep(&pause, NULL);
	clock_gettime(CLOCK_MONOTONIC, &now);
	say("gone ", (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000);
	exit(options.code);
}

int
main(int argc, char **argv)
{
	int signo;

	(void)argc;
	read_options(argv + 1);
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, sizeof(all));
	if (options.become != -1 && setresuid((uid_t)options.become, (uid_t)options.become,
	    (uid_t)options.become) == -1) {
		perror("signalled: cannot become that user");
		return 1;
	}
	if (options.port != 0)
		serve();
	say("ready ", getpid());
	for (;;) {
		if ((signo = next_signal()) == -1)
			return 1;
		say("", signo);
		if (signo == options.end)
			leave();
	}
}

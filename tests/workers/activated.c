/*
 * activated.c - a server that is given its sockets, as systemd and baton do it: LISTEN_FDS from
 * descriptor 3 on, only if LISTEN_PID is its own, and READY=1 to NOTIFY_SOCKET once it serves. Binds nothing.
 *
 *     activated [--delay-ready MS, or -1 for never] and the options of blocking, without an address
 */
#include "tests/workers/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>

enum { FIRST_FD = 3, SOCKETS_MAX = 64 };

static volatile sig_atomic_t ending;

static void
end(int signal)
{
	(void)signal;
	ending = 1;
}

/* How many sockets were passed to this very process. */
static int
passed(void)
{
	int count = atoi(worker_env("LISTEN_FDS", "0"));

	if (atoi(worker_env("LISTEN_PID", "0")) != getpid()) {
		fprintf(stderr, "activated: LISTEN_PID is %s, not %d\n",
		    worker_env("LISTEN_PID", "unset"), getpid());
		exit(1);
	}
	if (count < 1 || count > SOCKETS_MAX) {
		fprintf(stderr, "activated: LISTEN_FDS is %s\n", worker_env("LISTEN_FDS", "unset"));
		exit(1);
	}
	return count;
}

/* Tell the manager; a leading '@' means an abstract socket. */
static void
notify(const char *state)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	const char *where = getenv("NOTIFY_SOCKET");
	size_t size = where ? strlen(where) : 0;
	int fd;

	if (size == 0 || size >= sizeof to.sun_path)
		return;
	memcpy(to.sun_path, where, size);
	if (*where == '@')
		to.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd == -1 || sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&to,
			    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size)) == -1)
		perror("activated: notify");
	if (fd != -1)
		close(fd);
}

static void
prepare(struct pollfd *sockets, int count)
{
	int i, flags;

	for (i = 0; i < count; i++) {
		sockets[i] = (struct pollfd){ .fd = FIRST_FD + i, .events = POLLIN };
		flags = fcntl(FIRST_FD + i, F_GETFL);
		/* a sibling may take what poll announced: accept must not wait */
		if (flags == -1 || fcntl(FIRST_FD + i, F_SETFL, flags | O_NONBLOCK) == -1)
			worker_die("activated: descriptor");
		fcntl(FIRST_FD + i, F_SETFD, FD_CLOEXEC);
	}
}

static void
serve_one(const struct worker *w, int listener)
{
	char path[256];
	int fd;

	if ((fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) == -1)
		return;
	if (worker_request(fd, path, sizeof path) == 0)
		worker_answer(w, fd, path);
	close(fd);
}

int
main(int argc, char **argv)
{
	struct worker w = { .health = 200, .term = "graceful" };
	struct pollfd sockets[SOCKETS_MAX];
	sigset_t term, none;
	int count, i;

	(void)argc;
	worker_options(&w, argv + 1);
	count = passed();
	worker_on_term(&w, end);
	worker_start(&w);
	prepare(sockets, count);
	if (w.delay_ready_ms >= 0) {
		worker_sleep(w.delay_ready_ms);
		notify("READY=1\nSTATUS=serving");
	}
	/* SIGTERM comes while we wait and at no other time */
	sigemptyset(&none);
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, NULL);
	while (!ending) {
		if (ppoll(sockets, (nfds_t)count, NULL, &none) == -1)
			continue;
		for (i = 0; i < count; i++)
			if (sockets[i].revents & POLLIN)
				serve_one(&w, sockets[i].fd);
	}
	notify("STOPPING=1");
	return 0;
}

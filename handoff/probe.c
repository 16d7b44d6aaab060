/* probe.c - is the candidate ready? */
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/role.h"
#include "base/text.h"
#include "base/wire.h"
#include "handoff/connections.h"
#include "handoff/probe.h"
#include "handoff/unixdiag.h"

enum {
	AGAIN_MS = 200, ANSWER_MS = 5000, LOOK_FIRST_MS = 1, LOOK_MOST_MS = 50, DEFERRED_MS = 200,
	WATCH_MS = 1000, WATCH_ANSWER_MS = 2000, WATCH_FAILURES = 2
};

/* What is asked, how, and how long an answer may take. */
struct question {
	struct address to;
	const char *how;
	msec accept, answer;		/* CLOCK_NEVER: until it is accepted */
};

int
probe_judge(const char *answer, size_t length, char *why, size_t size)
{
	enum { CODE_AT = 9, CODE_END = 12 };
	static const char version[] = "HTTP/1.";

	if (memcmp(answer, version, length < 7 ? length : 7) != 0) {
		snprintf(why, size, "it does not answer in HTTP");
		return -1;
	}
	if (length < CODE_END)
		return 0;
	if (answer[CODE_AT] == '2' || answer[CODE_AT] == '3')
		return 1;
	snprintf(why, size, "it answers %.3s", answer + CODE_AT);
	return -1;
}

/* PID 1 has closed the channel: nobody wants to know any more. */
static void
leave_if_alone(int revents)
{
	if (revents & (POLLHUP | POLLERR))
		_exit(0);
}

static void
tell(enum message_type type, int worker, const char *text)
{
	struct message m = { .type = type, .code = worker };

	text_copy(m.text, sizeof(m.text), text);
	if (wire_send(ROLE_CHANNEL, &m, -1) == -1 && errno != EAGAIN)
		_exit(0);
}

static void
await_go(void)
{
	struct pollfd p = { .fd = ROLE_CHANNEL, .events = POLLIN };
	struct message m;
	int fd = -1;

	do {
		poll(&p, 1, -1);
		if (wire_receive(ROLE_CHANNEL, &m, &fd) == 0)
			_exit(0);
		fd_close(&fd);
	} while (p.revents == 0);
}

/* Wait on fd for so long; returns whether something came. */
static bool
wait_for(int fd, short events, msec most)
{
	struct pollfd p[2] = {
		{ .fd = fd, .events = events }, { .fd = ROLE_CHANNEL, .events = 0 },
	};
	int n = poll(p, 2, (int)most);

	leave_if_alone(p[1].revents);
	return n > 0 && p[0].revents != 0;
}

/* A socket bound to the address the private connection will come from; PID 1 is told. */
static int
prepare(const struct address *to, int worker)
{
	struct address from = *to;
	struct sockaddr_storage name;
	socklen_t length;
	char text[ADDRESS_TEXT];
	int fd = socket(to->family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd == -1 || to->family == AF_UNIX)	/* a slot has a name of its own there */
		return fd;
	from.port = 0;
	length = address_to_sockaddr(&from, &name);
	if (bind(fd, (struct sockaddr *)&name, length) == -1 ||
	    getsockname(fd, (struct sockaddr *)&name, &length) == -1 ||
	    address_from_sockaddr(&from, &name, length) == -1) {
		fd_close(&fd);
		return -1;
	}
	address_print(text, &from);
	tell(MESSAGE_PROBE_FROM, worker, text);
	await_go();
	return fd;
}

static int
reach(int fd, const struct address *to, msec most, char *why, size_t size)
{
	struct sockaddr_storage name;
	socklen_t length = address_to_sockaddr(to, &name);
	int problem = 0;
	socklen_t bytes = sizeof(problem);

	if (connect(fd, (struct sockaddr *)&name, length) == 0)
		return 0;
	if (errno == EINPROGRESS && wait_for(fd, POLLOUT, most) &&
	    getsockopt(fd, SOL_SOCKET, SO_ERROR, &problem, &bytes) == 0 && problem == 0)
		return 0;
	snprintf(why, size, "cannot connect to it: %s",
	    problem != 0 ? strerror(problem) : "no answer");
	return -1;
}

/* Where connections cannot be looked at, that it can be connected to has to do. */
static bool
cannot_see(int accepted)
{
	/* not ENOENT: a connection that is not there any more is something to be seen */
	if (accepted != -1 || (errno != EPERM && errno != EACCES && errno != EBADF &&
	    errno != ENOSYS && errno != EPROTONOSUPPORT))
		return false;
	log_line(LOG_WARNING, "cannot see whether a connection is accepted: %m; a worker that "
	    "listens counts as ready");
	return true;
}

/* It goes on waiting, but people want to know for what. */
static void
say_unaccepted(const struct address *to, int worker)
{
	char text[ADDRESS_TEXT], why[MESSAGE_TEXT];

	address_print(text, to);
	snprintf(why, sizeof(why), "nobody accepts a connection to %.70s", text);
	tell(MESSAGE_PROBE_FAILED, worker, why);
}

/*
 * Has somebody taken the connection out of the queue? Looks more and more seldom. A server that set
 * TCP_DEFER_ACCEPT (tcp(7)), as Apache does, is not given one before there is something to read: so
 * after a while there is its end.
 */
static int
await_accept(int fd, int worker, const struct question *q, struct connections *c, char *why,
    size_t size)
{
	msec until = q->accept == CLOCK_NEVER ? CLOCK_NEVER : clock_now() + q->accept;
	struct sockaddr_storage ours = { 0 }, theirs = { 0 };
	socklen_t a = sizeof(ours), b = sizeof(theirs);
	msec look = LOOK_FIRST_MS, began = clock_now();
	bool said = false;
	int accepted;

	if (getsockname(fd, (struct sockaddr *)&ours, &a) == -1 ||
	    getpeername(fd, (struct sockaddr *)&theirs, &b) == -1)
		return -1;
	for (;;) {
		accepted = theirs.ss_family == AF_UNIX ? unixdiag_accepted(fd) :
		    connections_accepted(c, (struct sockaddr *)&theirs, (struct sockaddr *)&ours);
		if (accepted == 1 || cannot_see(accepted))
			return 0;
		/* it was closed: somebody must have had it; in the queue it cannot end by itself */
		if (wait_for(fd, POLLIN, look))
			return 0;
		if (clock_now() >= until) {
			snprintf(why, size, "it takes no connection");
			return -1;
		}
		if (!said && clock_now() - began > ANSWER_MS) {
			say_unaccepted(&q->to, worker);
			said = true;
		}
		look = look * 2 < LOOK_MOST_MS ? look * 2 : LOOK_MOST_MS;
		if (clock_now() - began > DEFERRED_MS)
			shutdown(fd, SHUT_WR);
	}
}

static int
ask_http(int fd, const char *path, msec most, char *why, size_t size)
{
	char request[640], answer[256];
	size_t got = 0;
	ssize_t n;
	int verdict;

	snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: localhost\r\n"
	    "User-Agent: baton\r\nAccept: */*\r\nConnection: close\r\n\r\n", path);
	if (send(fd, request, strlen(request), MSG_NOSIGNAL) == -1)
		return -1;
	while (got < sizeof(answer) && wait_for(fd, POLLIN, most)) {
		if ((n = recv(fd, answer + got, sizeof(answer) - got, 0)) <= 0)
			break;
		got += (size_t)n;
		if ((verdict = probe_judge(answer, got, why, size)) != 0)
			return verdict == 1 ? 0 : -1;
	}
	snprintf(why, size, "no answer to GET %.60s", path);
	return -1;
}

static int
try(const struct question *q, int worker, struct connections *c, char *why, size_t size)
{
	int fd = prepare(&q->to, worker), passed = -1;

	snprintf(why, size, "cannot make a connection: %m");
	if (fd == -1)
		return -1;
	if (reach(fd, &q->to, q->answer, why, size) == 0)
		passed = q->how[0] == '/' ? ask_http(fd, q->how, q->answer, why, size) :
		    await_accept(fd, worker, q, c, why, size);
	fd_close(&fd);
	return passed;
}

/* Until every worker has passed. */
static void
ask_all(const struct address *to, const char *how, int first, int end,
    struct connections *c)
{
	struct question q = { *to, how, CLOCK_NEVER, ANSWER_MS };
	char why[MESSAGE_TEXT];
	int worker = first;

	while (worker < end) {
		if (try(&q, worker, c, why, sizeof(why)) == 0) {
			worker++;
			continue;
		}
		tell(MESSAGE_PROBE_FAILED, worker, why);
		wait_for(-1, 0, AGAIN_MS);
	}
}

int
probe_run(const struct address *targets, int count, const char *how, int first, int end)
{
	struct connections c;
	int i;

	connections_open(&c);
	for (i = 0; i < count; i++)
		ask_all(&targets[i], i == 0 ? how : "accept", first, end, &c);
	tell(MESSAGE_PROBE_PASSED, 0, "");
	connections_free(&c);
	return 0;
}

int
probe_delay(msec delay)
{
	wait_for(-1, 0, delay);
	tell(MESSAGE_PROBE_PASSED, 0, "");
	return 0;
}

int
probe_connect(const struct address *to, int worker, char *why, size_t size)
{
	int fd = prepare(to, worker);

	snprintf(why, size, "cannot make a connection: %m");
	if (fd != -1 && reach(fd, to, ANSWER_MS, why, size) == -1)
		fd_close(&fd);
	return fd;
}

void
probe_tell(enum message_type type, const char *text)
{
	tell(type, 0, text);
}

void
probe_wait(msec most)
{
	wait_for(-1, 0, most);
}

int
probe_watch(const struct address *targets, int count, const char *how, int workers)
{
	struct question q = { .accept = WATCH_ANSWER_MS, .answer = WATCH_ANSWER_MS };
	struct connections c;
	char why[MESSAGE_TEXT];
	int failures = 0, turn = 0;

	if (count == 0)		/* there is nothing to be reached here */
		return 0;
	connections_open(&c);
	for (;;) {
		q.to = targets[turn / workers];
		q.how = turn / workers == 0 || how[0] != '/' ? how : "accept";
		if (try(&q, turn % workers, &c, why, sizeof(why)) == 0) {
			failures = 0;
			turn = (turn + 1) % (workers * count);
		} else if (++failures == WATCH_FAILURES)
			tell(MESSAGE_PROBE_FAILED, turn % workers, why);
		wait_for(-1, 0, WATCH_MS / (workers * count));
	}
}

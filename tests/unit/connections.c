/*
 * Connections of a real process, seen and closed from outside. A child is the worker: it does what
 * it is told through a pipe, one letter at a time, and answers with one.
 */
#include <criterion/criterion.h>

#include <sys/socket.h>
#include <sys/wait.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "handoff/connections.h"

enum { SOME_MS = 2000 };

static int listening, to_worker[2], from_worker[2];
static pid_t worker;
static uint16_t port;
static struct sockaddr_storage address;
static socklen_t address_length;
static struct connections connections;

/* a: accept, r: read and answer, c: wait for the end and close, f: fork and let the child have it */
static void
be_worker(void)
{
	char what, bytes[64];
	int fd = -1;

	alarm(30);
	close(to_worker[1]);	/* or the end of the test would never be seen */
	while (read(to_worker[0], &what, 1) == 1) {
		if (what == 'a')
			fd = accept(listening, NULL, NULL);
		else if (what == 'r' && read(fd, bytes, sizeof(bytes)) > 0)
			what = write(fd, "answer", 6) == 6 ? 'r' : '!';
		else if (what == 'c')
			what = read(fd, bytes, sizeof(bytes)) == 0 && close(fd) == 0 ? 'c' : '!';
		else if (what == 'f' && fork() != 0) {
			close(fd);
			continue;	/* the child answers; we hold nothing any more */
		}
		if (write(from_worker[1], &what, 1) != 1)
			break;
	}
	_exit(0);
}

static void
tell(char what)
{
	char answer = 0;

	cr_assert_eq(write(to_worker[1], &what, 1), 1);
	cr_assert_eq(read(from_worker[0], &answer, 1), 1);
	cr_assert_eq(answer, what);
}

static void
begin(int family)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };

	alarm(30);
	address_length = family == AF_INET ? sizeof(v4) : sizeof(v6);
	memcpy(&address, family == AF_INET ? (void *)&v4 : (void *)&v6, address_length);
	listening = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	cr_assert_eq(bind(listening, (struct sockaddr *)&address, address_length), 0);
	cr_assert_eq(listen(listening, 16), 0);
	cr_assert_eq(getsockname(listening, (struct sockaddr *)&address, &address_length), 0);
	port = ntohs(((struct sockaddr_in *)&address)->sin_port);
	cr_assert(pipe(to_worker) == 0 && pipe(from_worker) == 0);
	if ((worker = fork()) == 0)
		be_worker();
	cr_assert_eq(connections_open(&connections), 0);
	connections_name(&connections, listening);
}

static void
begin_v4(void)
{
	begin(AF_INET);
}

static void
end(void)
{
	connections_free(&connections);
	kill(worker, SIGKILL);
	waitpid(worker, NULL, 0);
}

TestSuite(connections, .init = begin_v4, .fini = end);

static int
connect_client(void)
{
	int fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	cr_assert_eq(connect(fd, (struct sockaddr *)&address, address_length), 0);
	return fd;
}

static size_t
look(msec now)
{
	size_t i, ours = 0;

	cr_assert_eq(connections_look(&connections, &port, 1, &worker, 1, now), 0);
	for (i = 0; i < connections.count; i++)
		ours += connections.list[i].pid != 0;
	return ours;
}

/* The only one. */
static struct connection *
only(msec now)
{
	cr_assert_eq(look(now), 1);
	cr_assert_eq(connections.count, 1);
	return &connections.list[0];
}

static int
is_accepted(int client)
{
	struct sockaddr_storage name;
	socklen_t length = sizeof(name);

	getsockname(client, (struct sockaddr *)&name, &length);
	return connections_accepted(&connections, (struct sockaddr *)&address,
	    (struct sockaddr *)&name);
}

/* What the client gets within SOME_MS: bytes, 0 at the end, -1 with errno. */
static ssize_t
get(int client)
{
	struct pollfd p = { client, POLLIN, 0 };
	char bytes[64];

	errno = ETIMEDOUT;
	return poll(&p, 1, SOME_MS) == 1 ? recv(client, bytes, sizeof(bytes), MSG_DONTWAIT) : -1;
}

static void
ask(int client)
{
	cr_assert_eq(write(client, "ask", 3), 3);
	tell('r');
	cr_assert_eq(get(client), 6);
}

static void
see_all(void)
{
	int client = connect_client();
	const struct connection *c;

	cr_assert_eq(look(1000), 0, "it waits in the queue");
	cr_assert_eq(connections_queue(listening), 1);
	cr_assert_eq(is_accepted(client), 0);
	tell('a');
	cr_assert_eq(connections_queue(listening), 0);
	cr_assert_eq(is_accepted(client), 1);
	ask(client);
	c = only(2000);
	cr_assert_eq(c->pid, worker);
	cr_assert_eq(c->worker, 0);
	cr_assert_eq(c->local_port, port);
	cr_assert_eq(c->bytes_received, 3);
	cr_assert_eq(c->bytes_sent, 6);
	cr_assert_eq(c->segments_received, 1);
	cr_assert_lt(c->received_ago, SOME_MS);
	cr_assert_eq(c->unread, 0);
	cr_assert_eq(write(client, "more", 4), 4);
	cr_assert_eq(only(2005)->unread, 4);
	close(client);
}

Test(connections, are_seen_as_they_are)
{
	see_all();
}

Test(connections_ipv6, are_seen_as_they_are, .fini = end)
{
	begin(AF_INET6);
	see_all();
}

Test(connections, are_found_with_whom_they_were_given_to)
{
	int client = connect_client();

	tell('a');
	tell('f');
	cr_assert_eq(only(1000)->worker, 0);
	cr_assert_neq(connections.list[0].pid, worker);
	close(client);
}

Test(connections, of_others_are_not_ours)
{
	int client = connect_client(), fd = accept(listening, NULL, NULL);
	pid_t nobody = 0;

	cr_assert_eq(look(1000), 0);
	cr_assert_eq(look(2000), 0);
	cr_assert_eq(connections_look(&connections, &port, 1, &nobody, 1, 3000), 0);
	close(fd);
	close(client);
}

Test(connections, keep_what_was_learned_of_them)
{
	int first = connect_client(), second;

	tell('a');
	only(1000)->habit.gaps = 7;
	second = connect_client();
	tell('a');
	cr_assert_eq(look(2000), 2);
	cr_assert_eq(connections.list[0].habit.gaps + connections.list[1].habit.gaps, 7);
	cr_assert_eq(look(2001), 2, "asked for one by one");
	cr_assert_eq(connections.list[0].habit.gaps + connections.list[1].habit.gaps, 7);
	close(first);
	close(second);
}

Test(connections, are_not_found_when_there_are_none)
{
	int client = connect_client();
	struct linger hard = { 1, 0 };
	struct sockaddr_storage name;
	socklen_t length = sizeof(name);

	getsockname(client, (struct sockaddr *)&name, &length);
	tell('a');
	setsockopt(client, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	close(client);
	cr_assert_eq(connections_accepted(&connections, (struct sockaddr *)&address,
	    (struct sockaddr *)&name), -1);
	cr_assert_eq(errno, ENOENT);
	cr_assert_eq(look(1000), 0);
}

/* --- closing ---------------------------------------------------------------------------------- */

static void
need_shut(void)
{
	if (!connections_can_shut())
		cr_skip_test("pidfd_getfd(2) is refused here");
}

Test(connections, that_are_quiet_end_cleanly)
{
	int client = connect_client();

	need_shut();
	tell('a');
	ask(client);
	cr_assert_eq(connections_shut(only(1000)), 0);
	tell('c');
	cr_assert_eq(get(client), 0, "FIN, not RST: %m");
	close(client);
}

Test(connections, where_something_came_since_are_not_closed)
{
	int client = connect_client();
	struct connection before;

	need_shut();
	tell('a');
	ask(client);
	before = *only(1000);
	cr_assert_eq(write(client, "ask", 3), 3);
	cr_assert_eq(connections_shut(&before), -1);
	cr_assert_eq(errno, EAGAIN);
	tell('r');			/* read and answered: quiet, but not as it was */
	cr_assert_eq(connections_shut(&before), -1);
	cr_assert_eq(errno, EAGAIN);
	cr_assert_eq(get(client), 6);
	close(client);
}

Test(connections, that_are_not_the_ones_judged_are_not_closed)
{
	int client = connect_client();
	struct connection c;

	need_shut();
	tell('a');
	c = *only(1000);
	c.inode++;
	cr_assert_eq(connections_shut(&c), -1);
	cr_assert_eq(errno, EAGAIN);
	c = connections.list[0];
	c.fd = 999;
	cr_assert_eq(connections_shut(&c), -1);
	cr_assert_eq(errno, EAGAIN);
	kill(worker, SIGKILL);
	waitpid(worker, NULL, 0);
	cr_assert_eq(connections_shut(&connections.list[0]), -1);
	cr_assert_eq(errno, EAGAIN);
	close(client);
}

/* --- handshakes ------------------------------------------------------------------------------- */

/* With TCP_DEFER_ACCEPT a handshake is not over until the client has sent something. */
static int
begin_handshake(void)
{
	int seconds = 10;

	setsockopt(listening, IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds, sizeof(seconds));
	return connect_client();
}

Test(connections, on_their_way_are_counted_until_they_are_there)
{
	int before, after;

	cr_assert_eq(connections_mark(&connections, &port, 1), 0);
	cr_assert_eq(connections_handshakes(&connections, &port, 1), 0);
	before = begin_handshake();
	cr_assert_eq(connections_mark(&connections, &port, 1), 0);
	after = begin_handshake();
	cr_assert_eq(connections_handshakes(&connections, &port, 1), 1, "only those of the mark");
	cr_assert_eq(connections_queue(listening), 0);
	cr_assert_eq(write(before, "ask", 3), 3);
	cr_assert_eq(connections_handshakes(&connections, &port, 1), 1, "seen a moment ago");
	connections.shaken = 0;
	cr_assert_eq(connections_handshakes(&connections, &port, 1), 0);
	cr_assert_eq(connections_queue(listening), 1);
	close(before);
	close(after);
}

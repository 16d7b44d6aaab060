/* connection.c - one connection to the server. Never waits, never decides. */
#include "tests/load/connection.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

enum { READ_BYTES = 64 << 10, READS_A_TURN = 8 };

static enum outcome
failed(struct connection *c, int error)
{
	c->error = error;
	return outcome_of_errno(error);
}

enum outcome
connection_open(struct connection *c, const struct target *t)
{
	int on = 1;

	c->fd = socket(t->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->fd == -1)
		return failed(c, errno);
	if (t->address.ss_family != AF_UNIX)
		setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	c->state = CONNECTING;
	if (connect(c->fd, (const struct sockaddr *)&t->address, t->address_size) == 0 ||
	    errno == EINPROGRESS)
		return PENDING;
	if (errno != EAGAIN)
		return failed(c, errno);
	connection_close(c);
	c->state = QUEUEING;
	return PENDING;
}

static enum outcome
finish_connecting(struct connection *c)
{
	socklen_t size = sizeof(int);
	int error = 0;

	if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &size) == -1)
		error = errno;
	if (error)
		return failed(c, error);
	c->state = SENDING;
	return PENDING;
}

enum outcome
connection_write(struct connection *c, const struct target *t)
{
	enum outcome outcome;
	ssize_t n;

	if (c->state == CONNECTING && (outcome = finish_connecting(c)) != PENDING)
		return outcome;
	n = send(c->fd, t->request + c->sent, t->request_size - c->sent, MSG_NOSIGNAL);
	if (n == -1)
		return errno == EAGAIN || errno == EINTR ? PENDING : failed(c, errno);
	c->sent += (size_t)n;
	if (c->sent == t->request_size)
		c->state = RECEIVING;
	return PENDING;
}

static enum outcome
outcome_of(enum response_progress progress)
{
	switch (progress) {
	case RESPONSE_MORE:
		return PENDING;
	case RESPONSE_COMPLETE:
		return OK;
	case RESPONSE_BROKEN:
		break;
	}
	return BAD_CONTENT;
}

static enum outcome
read_once(struct connection *c)
{
	static char bytes[READ_BYTES];
	enum outcome outcome;
	ssize_t n;

	n = recv(c->fd, bytes, sizeof bytes, 0);
	if (n == -1)
		return failed(c, errno);
	if (n > 0)
		return outcome_of(response_feed(&c->response, bytes, (size_t)n));
	outcome = outcome_of(response_end(&c->response));
	return outcome == PENDING ? CLOSED_EARLY : outcome;
}

enum outcome
connection_read(struct connection *c)
{
	enum outcome outcome = PENDING;
	int i;

	for (i = 0; i < READS_A_TURN && outcome == PENDING; i++) {
		outcome = read_once(c);
		if (outcome == OTHER && (c->error == EAGAIN || c->error == EINTR))
			return PENDING;
	}
	return outcome;
}

bool
connection_ended(const struct connection *c)
{
	char byte;

	return recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) != -1 || errno != EAGAIN;
}

void
connection_close(struct connection *c)
{
	if (c->fd != -1)
		close(c->fd);
	c->fd = -1;
	c->state = CLOSED;
}

unsigned
connection_port(const struct connection *c)
{
	struct sockaddr_in6 here = { 0 }; /* a port is at the same place in both families */
	socklen_t size = sizeof here;

	if (c->fd == -1 || getsockname(c->fd, (struct sockaddr *)&here, &size) == -1)
		return 0;
	return here.sin6_family == AF_UNIX ? 0 : ntohs(here.sin6_port);
}

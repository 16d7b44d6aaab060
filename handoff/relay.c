/* relay.c - local addresses behind which a candidate is reached. */
#include <sys/socket.h>

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/message.h"
#include "handoff/probe.h"
#include "handoff/relay.h"

static int
listen_locally(void)
{
	struct sockaddr_in where = { .sin_family = AF_INET,
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd != -1 && (bind(fd, (struct sockaddr *)&where, sizeof(where)) == -1 ||
	    listen(fd, RELAY_PAIRS) == -1))
		fd_close(&fd);
	return fd;
}

int
relay_open(struct relay *r, const struct address *targets, int count, int workers)
{
	int i;

	memset(r, 0, sizeof(*r));
	r->workers = workers;
	for (i = 0; i < RELAY_PAIRS; i++)
		r->pairs[i].ends[0] = r->pairs[i].ends[1] = -1;
	for (i = 0; i < count; i++) {
		r->targets[i] = targets[i];
		r->count = i + 1;
		if ((r->listening[i] = listen_locally()) == -1) {
			relay_close(r);
			return -1;
		}
	}
	return 0;
}

static void
drop(struct relay_pair *p)
{
	fd_close(&p->ends[0]);
	fd_close(&p->ends[1]);
}

void
relay_close(struct relay *r)
{
	int i;

	for (i = 0; i < r->count; i++)
		fd_close(&r->listening[i]);
	for (i = 0; i < RELAY_PAIRS; i++)
		drop(&r->pairs[i]);
	r->count = 0;
}

struct address
relay_address(const struct relay *r, int index)
{
	struct sockaddr_storage where;
	socklen_t length = sizeof(where);
	struct address a = { 0 };

	if (getsockname(r->listening[index], (struct sockaddr *)&where, &length) == 0)
		address_from_sockaddr(&a, &where, length);
	return a;
}

/* --- passing on ------------------------------------------------------------------------------- */

static bool
is_empty(const struct relay_lane *l)
{
	return l->from == l->to;
}

int
relay_collect(const struct relay *r, struct pollfd *set)
{
	int count = 0, i, side;

	for (i = 0; i < r->count; i++)
		set[count++] = (struct pollfd){ .fd = r->listening[i], .events = POLLIN };
	for (i = 0; i < RELAY_PAIRS; i++)
		for (side = 0; side < 2 && r->pairs[i].ends[0] != -1; side++) {
			const struct relay_pair *p = &r->pairs[i];
			short events = 0;

			if (is_empty(&p->lanes[side]) && !p->lanes[side].ended)
				events |= POLLIN;
			if (!is_empty(&p->lanes[!side]))
				events |= POLLOUT;
			if (events != 0)
				set[count++] = (struct pollfd){ p->ends[side], events, 0 };
		}
	return count;
}

/* Read what is there. False when the connection is broken. */
static bool
fill(struct relay_lane *l, int fd, int other)
{
	ssize_t n;

	if (!is_empty(l) || l->ended)
		return true;
	n = recv(fd, l->bytes, sizeof(l->bytes), 0);
	if (n == -1)
		return errno == EAGAIN || errno == EINTR;
	l->from = 0;
	l->to = (size_t)n;
	if (n == 0) {
		l->ended = true;
		shutdown(other, SHUT_WR);
	}
	return true;
}

static bool
empty(struct relay_lane *l, int to)
{
	ssize_t n;

	if (is_empty(l))
		return true;
	n = send(to, l->bytes + l->from, l->to - l->from, MSG_NOSIGNAL);
	if (n == -1)
		return errno == EAGAIN || errno == EINTR;
	l->from += (size_t)n;
	return true;
}

static void
pass_on(struct relay_pair *p)
{
	int side;

	for (side = 0; side < 2; side++)
		if (!fill(&p->lanes[side], p->ends[side], p->ends[!side]) ||
		    !empty(&p->lanes[side], p->ends[!side])) {
			drop(p);
			return;
		}
	if (p->lanes[0].ended && p->lanes[1].ended)
		drop(p);
}

/* --- new ones --------------------------------------------------------------------------------- */

static struct relay_pair *
find_free(struct relay *r)
{
	int i;

	for (i = 0; i < RELAY_PAIRS; i++)
		if (r->pairs[i].ends[0] == -1)
			return &r->pairs[i];
	return NULL;
}

/* When the candidate cannot be reached he is closed, as if he had been refused. */
static void
take(struct relay *r, int index)
{
	int fd = accept4(r->listening[index], NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct relay_pair *p = fd != -1 ? find_free(r) : NULL;
	char why[MESSAGE_TEXT];

	if (p == NULL) {
		fd_close(&fd);
		return;
	}
	memset(p, 0, sizeof(*p));
	p->ends[0] = fd;
	p->ends[1] = probe_connect(&r->targets[index], r->first + r->next++ % r->workers, why, sizeof(why));
	if (p->ends[1] == -1) {
		log_line(LOG_DEBUG, "probe: %s", why);
		drop(p);
	}
}

void
relay_turn(struct relay *r)
{
	int i;

	for (i = 0; i < r->count; i++)
		take(r, i);
	for (i = 0; i < RELAY_PAIRS; i++)
		if (r->pairs[i].ends[0] != -1)
			pass_on(&r->pairs[i]);
}

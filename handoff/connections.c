/* connections.c - the established connections of a tree of processes, seen from outside. */
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/text.h"
#include "handoff/address.h"
#include "handoff/connections.h"
#include "handoff/diag.h"
#include "handoff/graft.h"
#include "handoff/netlink.h"
#include "handoff/owners.h"
#include "handoff/remote.h"
#include "handoff/unixdiag.h"

/* A dump walks all the kernel's buckets (1 ms on a machine of 24 GiB); a look-up takes 3 us. */
enum { DUMP_EVERY_MS = 100, HANDSHAKES_EVERY_MS = 20, LOOKUPS_MOST = 256 };

enum { OPEN_STATES = DIAG_ESTABLISHED | DIAG_CLOSE_WAIT | DIAG_FIN_WAIT1 | DIAG_FIN_WAIT2 };

int
connections_open(struct connections *c)
{
	memset(c, 0, sizeof(*c));
	c->netlink = netlink_open();
	return c->netlink == -1 ? -1 : 0;
}

void
connections_free(struct connections *c)
{
	fd_close(&c->netlink);
	free(c->list);
	c->list = NULL;
	c->count = c->room = 0;
}

void
connections_name(struct connections *c, int listening)
{
	struct sockaddr_storage where;
	socklen_t length = sizeof(where);
	struct address a;

	if (getsockname(listening, (struct sockaddr *)&where, &length) == -1 ||
	    address_from_sockaddr(&a, &where, length) == -1)
		return;
	c->v4 = c->v4 || a.family == AF_INET;
	c->v6 = c->v6 || a.family == AF_INET6;
	if (a.family != AF_UNIX || c->names == CONNECTIONS_NAMES)
		return;
	text_copy(c->name[c->names++], sizeof(c->name[0]), a.path);
}

/* --- looking ---------------------------------------------------------------------------------- */

struct gather {
	struct connection *list;
	size_t count, room;
	const uint16_t *ports;
	size_t port_count;
	const struct connections *of;
};

static bool
is_ours(const struct gather *g, uint16_t port)
{
	size_t i;

	for (i = 0; i < g->port_count; i++)
		if (g->ports[i] == port)
			return true;
	return false;
}

static void
add(struct gather *g, const struct connection *c)
{
	if (g->count == g->room) {
		g->room = g->room == 0 ? 64 : g->room * 2;
		if ((g->list = realloc(g->list, g->room * sizeof(*g->list))) == NULL)
			log_die(1, "out of memory");
	}
	g->list[g->count++] = *c;
}

static void
gather(void *context, const struct connection *c, uint64_t cookie)
{
	struct gather *g = context;

	(void)cookie;
	if (c->inode != 0 && is_ours(g, c->local_port))
		add(g, c);
}

/*
 * The kernel counts nothing of a UNIX connection, neither bytes nor ages: that it is there, and what
 * was not read yet, is all there is to see. An accepted one has the name of where it came from.
 */
static void
gather_unix(void *context, const struct unixdiag *s)
{
	struct gather *g = context;
	struct connection c = { .inode = s->inode, .unread = s->queue, .unsent = s->unsent,
		.family = AF_UNIX };
	size_t i;

	for (i = 0; i < g->of->names && s->inode != 0 && !s->listening; i++)
		if (strcmp(s->path, g->of->name[i]) == 0) {
			add(g, &c);
			return;
		}
}

static int
by_inode(const void *a, const void *b)
{
	uint64_t x = ((const struct connection *)a)->inode;
	uint64_t y = ((const struct connection *)b)->inode;

	return (x > y) - (x < y);
}

static struct connection *
find(struct connection *list, size_t count, uint64_t inode)
{
	struct connection key = { .inode = inode };

	return count == 0 ? NULL : bsearch(&key, list, count, sizeof(*list), by_inode);
}

struct owning {
	struct connection *list;
	size_t count;
	int worker;
};

static void
own(void *context, uint64_t inode, pid_t pid, int fd)
{
	struct owning *o = context;
	struct connection *c = find(o->list, o->count, inode);

	if (c == NULL || c->pid != 0)
		return;
	c->pid = pid;
	c->fd = fd;
	c->worker = o->worker;
}

/*
 * Take over what is known from the last look; returns whether there is any that is not known. One
 * that nobody held is looked for a second time: a worker's accept gives it an inode a little before
 * a descriptor.
 */
static bool
carry_over(const struct connections *c, struct gather *g)
{
	bool unknown = false;
	size_t i;

	for (i = 0; i < g->count; i++) {
		const struct connection *was = find(c->list, c->count, g->list[i].inode);

		if (was == NULL) {
			unknown = true;
			continue;
		}
		unknown = unknown || (was->pid == 0 && !was->looked_for);
		g->list[i].looked_for = true;
		g->list[i].pid = was->pid;
		g->list[i].fd = was->fd;
		g->list[i].worker = was->worker;
		g->list[i].habit = was->habit;
	}
	return unknown;
}

static int
dump(struct connections *c, const struct diag_which *which, diag_found *found, void *context)
{
	if (c->names > 0 && !c->v4 && !c->v6)	/* only UNIX ones are listened to */
		return 0;
	return diag_dump(c->netlink, ++c->sequence, which, found, context);
}

static int
list_all(struct connections *c, const uint16_t *ports, size_t port_count, const pid_t *workers,
    size_t worker_count)
{
	struct gather g = { .ports = ports, .port_count = port_count, .of = c };
	struct diag_which which = { OPEN_STATES, ports, port_count, c->v4, c->v6 };
	size_t i;

	if (dump(c, &which, gather, &g) == -1 ||
	    (c->names > 0 &&
	    unixdiag_dump(c->netlink, ++c->sequence, gather_unix, &g) == -1)) {
		free(g.list);
		return -1;
	}
	if (g.count > 0)
		qsort(g.list, g.count, sizeof(*g.list), by_inode);
	if (carry_over(c, &g))
		for (i = 0; i < worker_count; i++) {
			struct owning o = { g.list, g.count, (int)i };

			if (workers[i] > 0)
				owners_walk(workers[i], own, &o);
		}
	free(c->list);
	c->list = g.list;
	c->count = g.count;
	c->room = g.room;
	return 0;
}

/* Ask for each of ours by its ends. Those that are gone leave the list. */
static size_t
refresh(struct connections *c)
{
	struct connection now;
	size_t i, kept = 0, ours = 0;

	for (i = 0; i < c->count; i++) {
		struct connection *was = &c->list[i];

		if (was->pid == 0) {
			c->list[kept++] = *was;
			continue;
		}
		if (diag_lookup(c->netlink, ++c->sequence, was, &now) == -1 ||
		    now.inode != was->inode)
			continue;
		now.pid = was->pid;
		now.fd = was->fd;
		now.worker = was->worker;
		now.habit = was->habit;
		c->list[kept++] = now;
		ours++;
	}
	c->count = kept;
	return ours;
}

static size_t
count_ours(const struct connections *c)
{
	size_t i, count = 0;

	for (i = 0; i < c->count; i++)
		count += c->list[i].pid != 0;
	return count;
}

int
connections_look(struct connections *c, const uint16_t *ports, size_t port_count,
    const pid_t *workers, size_t worker_count, msec now)
{
	size_t ours = count_ours(c);

	/* that none is left must be seen by looking at all of them */
	if (now - c->dumped < DUMP_EVERY_MS && c->names == 0 && ours > 0 && ours < LOOKUPS_MOST && refresh(c) > 0)
		return 0;
	c->dumped = now;
	return list_all(c, ports, port_count, workers, worker_count);
}

/* --- closing ---------------------------------------------------------------------------------- */

/* Is it still the connection that was judged, and did nothing happen since? */
static bool
is_unchanged(const struct connection *c, int fd)
{
	struct tcp_info info = { 0 };
	socklen_t length = sizeof(info);
	struct stat st;
	int unread = 0;

	return fstat(fd, &st) == 0 && st.st_ino == c->inode &&
	    ioctl(fd, SIOCINQ, &unread) == 0 && unread == 0 &&
	    getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) == 0 &&
	    info.tcpi_bytes_received == c->bytes_received &&
	    info.tcpi_bytes_sent - info.tcpi_bytes_retrans == c->bytes_sent;
}

int
connections_copy(const struct connection *c)
{
	int process = (int)syscall(SYS_pidfd_open, c->pid, 0), fd = -1, code;

	if (process != -1)
		fd = (int)syscall(SYS_pidfd_getfd, process, c->fd, 0);
	code = errno;
	fd_close(&process);
	if (fd == -1 && (code == EPERM || code == ENOSYS) && remote_is_known()) {
		graft_copy(c->pid, &c->fd, 1, &fd);
		code = errno;
	}
	/* it is gone, or its number means another file by now */
	errno = code == EPERM || code == ENOSYS ? code : EAGAIN;
	return fd;
}

int
connections_shut(const struct connection *c)
{
	int fd = connections_copy(c), result = -1;

	if (fd == -1)
		return -1;
	if (is_unchanged(c, fd))
		result = shutdown(fd, SHUT_RD);
	fd_close(&fd);
	errno = EAGAIN;
	return result;
}

bool
connections_can_shut(void)
{
	int process = (int)syscall(SYS_pidfd_open, getpid(), 0), fd = -1;

	if (process != -1)
		fd = (int)syscall(SYS_pidfd_getfd, process, process, 0);
	fd_close(&process);
	if (fd == -1)		/* whether the other way may be gone turns out with the first */
		return remote_is_known() && proc_is_ours();
	fd_close(&fd);
	return true;
}

/* --- queues ----------------------------------------------------------------------------------- */

int
connections_queue(int listening)
{
	struct tcp_info info = { 0 };
	socklen_t length = sizeof(info);

	if (getsockopt(listening, IPPROTO_TCP, TCP_INFO, &info, &length) == -1)
		return errno == EOPNOTSUPP ? unixdiag_waiting(listening) : -1;
	return (int)info.tcpi_unacked;
}

struct handshakes {
	struct connections *c;
	struct gather ports;
	bool marking;
	int still;
};

static void
handshake(void *context, const struct connection *found, uint64_t cookie)
{
	struct handshakes *h = context;
	size_t i;

	if (!is_ours(&h->ports, found->local_port))
		return;
	if (h->marking) {
		if (h->c->handshakes < CONNECTIONS_HANDSHAKES)
			h->c->handshake[h->c->handshakes++] = cookie;
		return;
	}
	for (i = 0; i < h->c->handshakes; i++)
		h->still += h->c->handshake[i] == cookie;
}

static int
look_at_handshakes(struct handshakes *h)
{
	struct diag_which which = { DIAG_SYN_RECV, h->ports.ports, h->ports.port_count, h->c->v4,
		h->c->v6 };

	return dump(h->c, &which, handshake, h);
}

int
connections_mark(struct connections *c, const uint16_t *ports, size_t port_count)
{
	struct handshakes h = { .c = c, .marking = true,
		.ports = { .ports = ports, .port_count = port_count } };

	c->handshakes = 0;
	return look_at_handshakes(&h);
}

int
connections_handshakes(struct connections *c, const uint16_t *ports, size_t port_count)
{
	struct handshakes h = { .c = c, .ports = { .ports = ports, .port_count = port_count } };
	msec now = clock_now();

	if (c->handshakes == 0)
		return 0;
	/* one whose client is silent takes a minute to end, and a dump is not for nothing */
	if (now - c->shaken < HANDSHAKES_EVERY_MS)
		return c->still;
	if (look_at_handshakes(&h) == -1)
		return -1;
	c->shaken = now;
	c->still = h.still;
	if (h.still == 0)
		c->handshakes = 0;
	return h.still;
}

/* --- one connection --------------------------------------------------------------------------- */

static int
end_of(const struct sockaddr *where, uint8_t *family, uint8_t *ip, uint16_t *port)
{
	struct address a;

	if (address_from_sockaddr(&a, where, where->sa_family == AF_INET ?
	    sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6)) == -1)
		return -1;
	*family = (uint8_t)a.family;
	*port = a.port;
	memcpy(ip, a.ip, sizeof(a.ip));
	return 0;
}

int
connections_accepted(struct connections *c, const struct sockaddr *local,
    const struct sockaddr *remote)
{
	struct connection which = { 0 }, answer;

	if (end_of(local, &which.family, which.local, &which.local_port) == -1 ||
	    end_of(remote, &which.family, which.remote, &which.remote_port) == -1) {
		errno = EAFNOSUPPORT;
		return -1;
	}
	if (diag_lookup(c->netlink, ++c->sequence, &which, &answer) == -1)
		return -1;
	return answer.inode != 0;
}

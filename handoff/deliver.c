/* deliver.c - connections that were carried here, until a worker accepts them. */
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/wire.h"
#include "handoff/deliver.h"

#ifndef SECCOMP_ADDFD_FLAG_SEND		/* Linux 5.14 */
#define SECCOMP_ADDFD_FLAG_SEND (1UL << 1)
#endif

enum { RING_MS = 50, GIVE_UP_MS = 5000 };

void
deliver_prepare(struct deliver *d)
{
	int i;

	for (i = 0; i < DELIVER_SOURCES; i++)
		d->sources[i] = -1;
	d->ring_at = CLOCK_NEVER;
}

bool
deliver_can(int notify)
{
	struct seccomp_notif_addfd add = { .flags = SECCOMP_ADDFD_FLAG_SEND, .srcfd = UINT32_MAX };

	/* flags are looked at before the descriptor, which there is not */
	return notify != -1 && ioctl(notify, SECCOMP_IOCTL_NOTIF_ADDFD, &add) == -1 &&
	    errno == EBADF;
}

void
deliver_from(struct deliver *d, int channel)
{
	int i;

	for (i = 0; i < DELIVER_SOURCES; i++)
		if (d->sources[i] == -1) {
			d->sources[i] = channel;
			return;
		}
	fd_close(&channel);
}

/* --- the queue -------------------------------------------------------------------------------- */

static void
tell(struct deliver *d, int source, int64_t number, int code)
{
	struct message m = { .type = MESSAGE_DELIVERED, .value = number, .code = code };

	if (source != -1 && d->sources[source] != -1)
		wire_send(d->sources[source], &m, -1);
}

static void
remove_at(struct deliver *d, int i)
{
	d->count--;
	memmove(&d->queue[i], &d->queue[i + 1],
	    (size_t)(d->count - i) * sizeof(d->queue[0]));
	if (d->count == 0)
		d->ring_at = CLOCK_NEVER;
}

/* It is over for this one: its worker has it, or it is closed. */
static void
finish(struct deliver *d, int i, int code)
{
	tell(d, d->queue[i].source, d->queue[i].number, code);
	fd_close(&d->queue[i].fd);
	remove_at(d, i);
}

static void
forget_source(struct deliver *d, int source)
{
	int i;

	fd_close(&d->sources[source]);
	for (i = 0; i < d->count; i++)
		if (d->queue[i].source == source)
			d->queue[i].source = -1;
}

static int
local_address(int fd, struct address *a)
{
	struct sockaddr_storage name;
	socklen_t length = sizeof(name);

	return getsockname(fd, (struct sockaddr *)&name, &length) == -1 ? -1 :
	    address_from_sockaddr(a, &name, length);
}

/* A connection to where that client connected, which ends at once. */
static void
ring(const struct address *to)
{
	struct sockaddr_storage where;
	socklen_t length = address_to_sockaddr(to, &where);
	int fd = socket(where.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd != -1)
		(void)!connect(fd, (struct sockaddr *)&where, length);
	fd_close(&fd);
}

static void
put(struct deliver *d, int source, int64_t number, int fd, msec now)
{
	struct delivery *one = &d->queue[d->count];

	*one = (struct delivery){ .fd = fd, .source = source, .number = number, .since = now };
	if (d->count == DELIVER_MOST || fd == -1 || local_address(fd, &one->to) == -1) {
		tell(d, source, number, fd == -1 ? EMFILE : ENOBUFS);
		fd_close(&fd);
		return;
	}
	d->count++;
}

void
deliver_hear(struct deliver *d, int source, msec now)
{
	struct message m;
	int fd = -1, got, before = d->count;

	while ((got = wire_receive(d->sources[source], &m, &fd)) == 1)
		if (m.type == MESSAGE_CARRIED)
			put(d, source, m.value, fd, now);
		else
			fd_close(&fd);
	if (got == 0 || errno != EAGAIN)
		forget_source(d, source);
	if (d->count > before)
		d->ring_at = now;
}

/* One for each address that connections wait for. */
static void
ring_all(const struct deliver *d)
{
	int i, k;

	for (i = 0; i < d->count; i++) {
		for (k = 0; k < i && !address_equal(&d->queue[k].to, &d->queue[i].to); k++)
			;
		if (k == i)
			ring(&d->queue[i].to);
	}
}

void
deliver_due(struct deliver *d, msec now)
{
	int i;

	if (d->ring_at > now)
		return;
	for (i = d->count - 1; i >= 0; i--)
		if (now - d->queue[i].since > GIVE_UP_MS)
			finish(d, i, ETIMEDOUT);
	ring_all(d);
	d->ring_at = d->count > 0 ? now + RING_MS : CLOCK_NEVER;
}

int
deliver_take(struct deliver *d, int64_t *number)
{
	int fd;

	if (d->count == 0)
		return -1;
	fd = d->queue[0].fd;
	*number = d->queue[0].number;
	d->queue[0].fd = -1;
	finish(d, 0, 0);
	return fd;
}

/* --- answering -------------------------------------------------------------------------------- */

static bool
is_for(const struct address *to, const struct address *listener)
{
	if (to->port != listener->port)
		return false;
	return address_is_wildcard(listener) ? to->family == listener->family :
	    address_equal(to, listener);
}

static int
find(const struct deliver *d, const struct address *listener)
{
	int i;

	for (i = 0; i < d->count; i++)
		if (is_for(&d->queue[i].to, listener))
			return i;
	return -1;
}

/* The client's address where the call wants it, cut to its room, and the whole length (accept(2)). */
static int
write_peer(const struct trap_call *call, int fd)
{
	struct sockaddr_storage name = { 0 };
	socklen_t length = sizeof(name), room;

	if (getpeername(fd, (struct sockaddr *)&name, &length) == -1)
		return -1;
	if (call->args[1] == 0 || call->args[2] == 0)
		return 0;
	if (trap_read(call->pid, call->args[2], &room, sizeof(room)) != sizeof(room))
		return -1;
	if (room > length)
		room = length;
	if (room > 0 && trap_write(call->pid, call->args[1], &name, room) != (ssize_t)room)
		return -1;
	return trap_write(call->pid, call->args[2], &length, sizeof(length)) == sizeof(length) ?
	    0 : -1;
}

/* The connection becomes what the call returns. */
static int
give(int notify, const struct trap_call *call, int fd)
{
	uint64_t flags = call->call == SYS_accept4 ? call->args[3] : 0;
	struct seccomp_notif_addfd add = {
		.id = call->id,
		.flags = SECCOMP_ADDFD_FLAG_SEND,
		.srcfd = (uint32_t)fd,
		.newfd_flags = (flags & SOCK_CLOEXEC) != 0 ? O_CLOEXEC : 0,
	};

	fd_nonblock(fd, (flags & SOCK_NONBLOCK) != 0);
	return ioctl(notify, SECCOMP_IOCTL_NOTIF_ADDFD, &add);
}

bool
deliver_answer(struct deliver *d, int notify, const struct trap_call *call,
    const struct address *listener)
{
	int i = find(d, listener);

	if (i == -1 || !trap_waits(notify, call->id))
		return false;
	if (write_peer(call, d->queue[i].fd) == -1) {
		if (errno == ENOTCONN)	/* its client has gone meanwhile */
			finish(d, i, ENOTCONN);
		return false;
	}
	/* a call that a signal cancelled comes again, and what was to be given still waits */
	if (give(notify, call, d->queue[i].fd) == -1)
		return false;
	finish(d, i, 0);
	return true;
}

/* roll.c - the connections of a generation that drains, in shared memory. */
#include <sys/mman.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "handoff/roll.h"

#ifndef F_SEAL_FUTURE_WRITE	/* Linux 5.1: who is given it may read it, and only that */
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

struct roll *
roll_make(int *fd)
{
	int made = memfd_create("connections", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	struct roll *r = MAP_FAILED;

	*fd = -1;
	if (made != -1 && ftruncate(made, sizeof(*r)) == 0)
		r = mmap(NULL, sizeof(*r), PROT_READ | PROT_WRITE, MAP_SHARED, made, 0);
	if (r == MAP_FAILED) {
		fd_close(&made);
		return NULL;
	}
	if (fcntl(made, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE) == -1)
		fcntl(made, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW);
	r->size = sizeof(*r);
	*fd = made;
	return r;
}

/* --- writing ---------------------------------------------------------------------------------- */

static void
fill(struct roll_entry *e, const struct connection *c, enum drain_kind kind, msec now)
{
	*e = (struct roll_entry){ .bytes_in = c->bytes_received, .bytes_out = c->bytes_sent,
		.age = now - c->habit.there_since, .worker = c->worker, .pid = c->pid,
		.remote_port = c->remote_port, .family = c->family, .kind = (uint8_t)kind };
	memcpy(e->remote, c->remote, sizeof(e->remote));
	switch (kind) {
	case DRAIN_IN_FLIGHT:
		e->since = c->received_ago;
		break;
	case DRAIN_STREAM:
		e->since = e->age;
		break;
	case DRAIN_CLOSED:
		e->since = now - c->habit.closed_at;
		break;
	case DRAIN_QUIET:
	case DRAIN_KINDS:
		e->since = connection_quiet(c);
		break;
	}
	e->age = e->age > e->since ? e->age : e->since;		/* by a tick of the clock */
}

static void
write_all(struct roll *r, const struct drain *d, const struct connection *list, size_t count, msec now)
{
	enum drain_kind kind;
	size_t i;

	r->looked = now;
	r->count = r->held = 0;
	memset(r->kinds, 0, sizeof(r->kinds));
	for (i = 0; i < count; i++) {
		if (list[i].pid == 0)
			continue;
		kind = drain_kind(d, &list[i]);
		r->count++;
		r->kinds[kind]++;
		if (r->held < ROLL_MOST)
			fill(&r->entries[r->held++], &list[i], kind, now);
	}
}

void
roll_write(struct roll *r, const struct drain *d, const struct connection *list, size_t count,
    msec now)
{
	if (r == NULL)
		return;
	__atomic_store_n(&r->sequence, r->sequence + 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	write_all(r, d, list, count, now);
	__atomic_store_n(&r->sequence, r->sequence + 1, __ATOMIC_RELEASE);
}

/* --- reading ---------------------------------------------------------------------------------- */

/* Whoever wrote it may have meant no good. */
static void
make_fit(struct roll *r)
{
	uint32_t i;

	r->held = r->held < ROLL_MOST ? r->held : ROLL_MOST;
	r->count = r->count > r->held ? r->count : r->held;
	for (i = 0; i < r->held; i++)
		if (r->entries[i].kind >= DRAIN_KINDS)
			r->entries[i].kind = DRAIN_QUIET;
}

int
roll_read(int fd, struct roll *to)
{
	enum { TRIES = 200 };
	uint32_t after;
	int tries;

	for (tries = 0; tries < TRIES; tries++) {
		/* from the front: the sequence is read first, and once more when all was read */
		if (pread(fd, to, sizeof(*to), 0) != (ssize_t)sizeof(*to) ||
		    to->size != sizeof(*to) || pread(fd, &after, sizeof(after), 0) != sizeof(after))
			return -1;
		if (to->sequence == after && after % 2 == 0) {
			make_fit(to);
			return 0;
		}
		sched_yield();
	}
	return -1;
}

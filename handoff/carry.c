/* carry.c - kept-alive connections on their way to the next generation: the side of who leaves. */
#include <sys/stat.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/proc.h"
#include "base/wire.h"
#include "handoff/carry.h"
#include "handoff/graft.h"
#include "handoff/owners.h"
#include "handoff/remote.h"

enum {
	LOOK_NEAR = 1, LOOK_FAR = 4,	/* ms */
	TAKE = 800,			/* for a worker that cannot be stopped just now */
	/* so long is waited for others before a worker is stopped: the longer, the longer a stop takes */
	GATHER = 10, GATHER_STOPS = 2, GATHER_MOST = 300,
};

void
carry_prepare(struct carry *c)
{
	int i;

	for (i = 0; i < CARRY_CHANNELS; i++)
		c->channels[i] = -1;
	c->current = -1;
	c->look_at = CLOCK_NEVER;
}

static struct passenger *
find(struct carry *c, uint64_t inode)
{
	int i;

	for (i = 0; i < c->count; i++)
		if (c->list[i].inode == inode)
			return &c->list[i];
	return NULL;
}

static void
drop(struct carry *c, struct passenger *p)
{
	passenger_loosen(p);
	fd_close(&p->copy);
	*p = c->list[--c->count];
}

/* --- whom to watch ---------------------------------------------------------------------------- */

static bool
is_socket(int fd, uint64_t inode)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_ino == inode;
}

static bool
may_be_watched(const struct connection *c)
{
	return c->family != AF_UNIX && c->pid != 0 && !c->habit.apart && !c->habit.closed && !c->habit.overlaps &&
	    passenger_may_be(c->pid, c->fd);
}

static void
meet(struct carry *c, struct connection *one)
{
	struct passenger *p = &c->list[c->count];

	*p = (struct passenger){ .inode = one->inode, .pid = one->pid, .fd = one->fd,
		.copy = connections_copy(one), .via = -1 };
	if (p->copy != -1 && is_socket(p->copy, one->inode))
		c->count++;
	else
		fd_close(&p->copy);
}

int
carry_meet(struct carry *c, struct connections *all, msec now)
{
	size_t i;

	if (c->current == -1 || c->refused)
		return 0;
	if (!remote_is_known() || !proc_is_ours()) {
		c->refused = true;
		return -1;
	}
	for (i = 0; i < all->count && c->count < CARRY_MOST; i++)
		if (may_be_watched(&all->list[i]) && find(c, all->list[i].inode) == NULL)
			meet(c, &all->list[i]);
	if (c->count > 0 && c->look_at == CLOCK_NEVER)
		c->look_at = now;
	return 0;
}

bool
carry_wants(const struct carry *c, uint64_t inode)
{
	int i;

	for (i = 0; i < c->count; i++)
		if (c->list[i].inode == inode)
			return true;
	return false;
}

void
carry_forget(struct carry *c, uint64_t inode)
{
	struct passenger *p = find(c, inode);

	if (p != NULL && !p->taken)
		drop(c, p);
}

static struct connection *
connection_of(struct connections *all, uint64_t inode)
{
	size_t i;

	for (i = 0; i < all->count; i++)
		if (all->list[i].inode == inode)
			return &all->list[i];
	return NULL;
}

/* Not this one: it drains as without us. */
static void
leave_it(struct carry *c, struct passenger *p, struct connections *all)
{
	struct connection *one = connection_of(all, p->inode);

	if (one != NULL)
		one->habit.apart = true;
	drop(c, p);
}

/* False: it is not watched any more. */
static bool
consider(struct carry *c, struct passenger *p, struct connections *all, msec now)
{
	switch (passenger_look(p, now)) {
	case PASSENGER_WATCHED:
		return true;
	case PASSENGER_GONE:
		drop(c, p);
		break;
	case PASSENGER_STAYS:
		leave_it(c, p, all);
		break;
	}
	return false;
}

/* --- taking and sending ----------------------------------------------------------------------- */

/* That keeper is gone, and with it its workers: what it did not say that they have is ours again. */
static void
lose_channel(struct carry *c, int channel)
{
	int i;

	fd_close(&c->channels[channel]);
	if (c->current == channel)
		c->current = -1;
	for (i = 0; i < c->count;) {
		struct passenger *p = &c->list[i];

		if (!p->taken || p->via != channel) {
			i++;
			continue;
		}
		p->via = -1;
		if (p->boundary.anchored && passenger_is_ready(p)) {
			i++;
			continue;
		}
		c->lost++;
		drop(c, p);
	}
}

static void
send_one(struct carry *c, struct passenger *p)
{
	struct message m = { .type = MESSAGE_CARRIED, .value = (int64_t)p->inode };

	/* one that cannot be sent to is found gone when it is heard */
	if (c->current != -1 && p->via == -1 &&
	    wire_send(c->channels[c->current], &m, p->copy) == 0)
		p->via = c->current;
}

/* Who holds the connections that are to be taken. */
struct holders {
	struct carry *carry;
	int counts[CARRY_MOST];
};

static void
count_holder(void *context, uint64_t inode, pid_t pid, int fd)
{
	struct holders *h = context;
	struct passenger *p = find(h->carry, inode);

	if (p != NULL)		/* any but the one that is known makes two */
		h->counts[p - h->carry->list] += p->pid == pid && p->fd == fd ? 1 : 2;
}

static void
took(struct carry *c, struct passenger *p, struct connections *all)
{
	struct connection *one = connection_of(all, p->inode);

	p->taken = true;
	passenger_loosen(p);
	if (one != NULL) {
		one->pid = 0;
		one->looked_for = true;
	}
	send_one(c, p);
}

/* All that are ready in one process, while it is stopped. */
static void
take_from(struct carry *c, pid_t pid, struct connections *all, const pid_t *workers, size_t count)
{
	static struct graft g;
	static struct holders h;
	size_t w;
	int i;

	if (graft_begin(&g, pid) == 0) {
		memset(&h, 0, sizeof(h));
		h.carry = c;
		for (w = 0; w < count; w++)
			owners_walk(workers[w], count_holder, &h);
		for (i = 0; i < c->count; i++) {
			struct passenger *p = &c->list[i];

			if (p->ready && p->pid == pid && h.counts[i] == 1 && passenger_is_ready(p) &&
			    graft_take(&g, p->fd) == 0)
				took(c, p, all);
		}
	} else if (errno == EPERM)
		c->refused = true;
	graft_end(&g);
}

/* Those that could not be taken have waited long enough: their worker is to have them. */
static void
spare(struct carry *c, msec now)
{
	int i;

	for (i = 0; i < c->count; i++) {
		struct passenger *p = &c->list[i];

		if (p->ready && !p->taken && now - p->since > TAKE) {
			boundary_forget(&p->boundary);
			passenger_loosen(p);
		}
		p->ready = false;
	}
}

/* All are ready, or the first has waited for the others for long enough. */
static bool
is_worth_a_stop(const struct carry *c, msec now)
{
	msec gather = GATHER + GATHER_STOPS * c->stop_ms, longest = 0;
	int i, ready = 0, watched = 0;

	for (i = 0; i < c->count; i++) {
		const struct passenger *p = &c->list[i];

		watched += !p->taken;
		if (!p->ready || p->taken)
			continue;
		ready++;
		longest = now - p->since > longest ? now - p->since : longest;
	}
	return ready > 0 &&
	    (ready == watched || longest >= (gather < GATHER_MOST ? gather : GATHER_MOST));
}

static void
take_ready(struct carry *c, struct connections *all, const pid_t *workers, size_t count, msec now)
{
	msec began = clock_now();
	int i, k;

	if (c->current == -1 || !is_worth_a_stop(c, now))
		return;
	for (i = 0; i < c->count; i++) {
		pid_t pid = c->list[i].pid;

		if (!c->list[i].ready || c->list[i].taken)
			continue;
		for (k = 0; k < i && !(c->list[k].ready && c->list[k].pid == pid); k++)
			;
		if (k == i)		/* the first of this process */
			take_from(c, pid, all, workers, count);
	}
	c->stop_ms = clock_now() - began;
	spare(c, now);
}

void
carry_look(struct carry *c, struct connections *all, const pid_t *workers, size_t count, msec now)
{
	bool near = false;
	int i;

	for (i = 0; i < c->count;) {
		struct passenger *p = &c->list[i];

		if (p->taken)
			send_one(c, p);
		else if (!consider(c, p, all, now))
			continue;
		near = near || p->taken || p->since != 0;
		i++;
	}
	take_ready(c, all, workers, count, now);
	if (c->refused)
		carry_stop(c);
	now = clock_now();
	c->look_at = c->count == 0 ? CLOCK_NEVER : now + (near ? LOOK_NEAR : LOOK_FAR);
}

/* --- the other side --------------------------------------------------------------------------- */

void
carry_go_to(struct carry *c, int channel)
{
	int i;

	for (i = 0; i < CARRY_CHANNELS && c->channels[i] != -1; i++)
		;
	if (i == CARRY_CHANNELS) {	/* the one before passes them on */
		fd_close(&channel);
		return;
	}
	c->channels[i] = channel;
	c->current = i;
	for (i = 0; i < c->count; i++)
		if (c->list[i].taken)
			send_one(c, &c->list[i]);
}

static void
received(struct carry *c, const struct message *m)
{
	struct passenger *p = find(c, (uint64_t)m->value);

	if (m->type != MESSAGE_DELIVERED || p == NULL || !p->taken)
		return;
	if (m->code == 0)
		c->carried++;
	else
		c->lost++;
	drop(c, p);
}

void
carry_hear(struct carry *c, int channel)
{
	struct message m;
	int fd = -1, got;

	while ((got = wire_receive(c->channels[channel], &m, &fd)) == 1) {
		fd_close(&fd);
		received(c, &m);
	}
	if (got == 0 || errno != EAGAIN)
		lose_channel(c, channel);
}

int
carry_underway(const struct carry *c)
{
	int i, count = 0;

	for (i = 0; i < c->count; i++)
		count += c->list[i].taken;
	return count;
}

void
carry_stop(struct carry *c)
{
	int i;

	for (i = 0; i < c->count;)
		if (c->list[i].taken)
			i++;
		else
			drop(c, &c->list[i]);
	c->refused = true;
}

void
carry_give_up(struct carry *c)
{
	c->lost += (uint32_t)carry_underway(c);
	while (c->count > 0)
		drop(c, &c->list[0]);
}

int
carry_take_over(struct carry *c, int fd, uint64_t inode)
{
	if (c->count == CARRY_MOST)
		return -1;
	c->list[c->count] = (struct passenger){ .inode = inode, .copy = fd, .taken = true,
		.via = -1 };
	send_one(c, &c->list[c->count++]);
	return 0;
}

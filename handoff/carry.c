/* carry.c - kept-alive connections on their way to the next generation: the side of who leaves. */
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/proc.h"
#include "base/wire.h"
#include "handoff/carry.h"
#include "handoff/graft.h"
#include "handoff/owners.h"

enum {
	CLAMP = 65536,			/* more than any request that is waited for, less than a buffer */
	LOOK_NEAR = 1, LOOK_FAR = 4,	/* ms */
	/* a request is held back for so long, before the first exchange for longer: what was under way
	 * then shows itself by what it writes */
	HOLD = 2, HOLD_FIRST = 5,
	PART = 20,			/* for the rest of a request */
	TAKE = 800,			/* for a worker that cannot be stopped just now */
	/* so long is waited for others before a worker is stopped: the longer, the longer a stop takes */
	GATHER = 10, GATHER_STOPS = 2, GATHER_MOST = 300,
	ESTABLISHED = 1,		/* TCP_ESTABLISHED of <netinet/tcp.h>, which bites <linux/tcp.h> */
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
clamp(struct passenger *p, bool on)
{
	int least = on ? CLAMP : 1;

	if (p->clamped != on)
		setsockopt(p->copy, SOL_SOCKET, SO_RCVLOWAT, &least, sizeof(least));
	p->clamped = on;
}

/* What the worker writes stays here, the last part of it (tcp(7): for 200 ms at most). */
static void
cork(struct passenger *p, bool on)
{
	int value = on;

	if (p->corked != on)
		setsockopt(p->copy, IPPROTO_TCP, TCP_CORK, &value, sizeof(value));
	p->corked = on;
}

/* Its worker is to have it as if we were not there. */
static void
loosen(struct passenger *p)
{
	clamp(p, false);
	cork(p, false);
}

static void
drop(struct carry *c, struct passenger *p)
{
	loosen(p);
	fd_close(&p->copy);
	*p = c->list[--c->count];
}

/* --- one instant ------------------------------------------------------------------------------ */

static int
unread(int fd)
{
	int count = 0;

	return ioctl(fd, SIOCINQ, &count) == -1 ? -1 : count;
}

/* 0, or -1 when it did not hold still. */
static int
glimpse(const struct passenger *p, struct glimpse *g)
{
	static char bytes[BOUNDARY_LONGEST + 1];
	struct tcp_info info = { 0 };
	socklen_t length = sizeof(info);
	int before = unread(p->copy);
	ssize_t n = 0;

	if (before == -1 || getsockopt(p->copy, IPPROTO_TCP, TCP_INFO, &info, &length) == -1)
		return -1;
	if (before > 0)
		n = recv(p->copy, bytes, sizeof(bytes), MSG_PEEK | MSG_DONTWAIT);
	if (unread(p->copy) != before || n != (before < (int)sizeof(bytes) ? before :
	    (int)sizeof(bytes)))
		return -1;
	*g = (struct glimpse){
		.read = info.tcpi_bytes_received - (uint64_t)before,
		.sent = info.tcpi_bytes_sent - info.tcpi_bytes_retrans + info.tcpi_notsent_bytes,
		.unread = (size_t)before,
		.bytes = bytes,
		.arrived = info.tcpi_unacked == 0 && info.tcpi_notsent_bytes == 0,
		.crossed = info.tcpi_last_data_recv > info.tcpi_last_data_sent,
		.open = info.tcpi_state == ESTABLISHED,
	};
	return 0;
}

/* --- whom to watch ---------------------------------------------------------------------------- */

/* A blocking read keeps what it has and waits for more, when more is asked for. */
static bool
is_nonblocking(pid_t pid, int fd)
{
	char path[48], text[512];
	const char *line;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", (int)pid, fd);
	return fd_read_text(AT_FDCWD, path, text, sizeof(text)) != -1 &&
	    (line = strstr(text, "flags:")) != NULL &&
	    (strtoul(line + strlen("flags:"), NULL, 8) & O_NONBLOCK) != 0;
}

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
	    is_nonblocking(c->pid, c->fd);
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

/* --- watching --------------------------------------------------------------------------------- */

/*
 * Held back, and all the same it was read. A server that tries to read without being told does that;
 * but a read that waits for as much as we ask for would wait for ever: it is woken, and has what came.
 */
static bool
is_stuck(struct passenger *p, const struct glimpse *g)
{
	static struct remote r;
	const struct boundary *b = &p->boundary;
	bool expected = b->anchored && g->read <= b->read + b->length;
	bool moved = p->clamped && !expected && g->read != p->clamped_read;

	p->clamped_read = g->read;
	if (!moved || is_nonblocking(p->pid, p->fd))
		return false;
	loosen(p);
	if (remote_stop(&r, p->pid) == 0)
		remote_go(&r);
	return true;
}

/*
 * Nothing waits: hold back what comes next, unless a part of what came is being read; and only then let
 * the answer go, for a client that does not think asks again at once.
 */
static void
at_rest(struct passenger *p, const struct glimpse *g)
{
	p->since = 0;
	clamp(p, g->unread == 0);
	if (g->sent != p->boundary.sent)
		cork(p, false);
}

static void
let_serve(struct passenger *p)
{
	cork(p, true);
	clamp(p, false);
}

static void
hold(struct passenger *p, msec now)
{
	if (p->since == 0)
		p->since = now;
}

static bool
was_held(const struct passenger *p, msec now)
{
	return now - p->since >= (p->boundary.chain == 0 ? HOLD_FIRST : HOLD);
}

static void
part_waits(struct passenger *p, msec now)
{
	hold(p, now);
	if (now - p->since < PART)
		return;
	boundary_forget(&p->boundary);
	loosen(p);
}

/* False: it is not watched any more. */
static bool
consider(struct carry *c, struct passenger *p, struct connections *all, msec now)
{
	struct glimpse g;

	if (!remote_holds(p->pid, p->fd, p->inode)) {
		drop(c, p);
		return false;
	}
	if (glimpse(p, &g) == -1)
		return true;
	if (is_stuck(p, &g)) {
		leave_it(c, p, all);
		return false;
	}
	switch (boundary_see(&p->boundary, &g)) {
	case BOUNDARY_WAIT:
		at_rest(p, &g);
		break;
	case BOUNDARY_PART:
		part_waits(p, now);
		break;
	case BOUNDARY_DOUBT:
		p->since = 0;
		loosen(p);
		break;
	case BOUNDARY_HOLD:
		p->since = now;
		clamp(p, true);
		cork(p, false);
		break;
	case BOUNDARY_SERVE:
		if (was_held(p, now))
			let_serve(p);
		break;
	case BOUNDARY_CARRY:
		p->ready = was_held(p, now);
		break;
	case BOUNDARY_NEVER:
		leave_it(c, p, all);
		return false;
	}
	return true;
}

/* --- taking and sending ----------------------------------------------------------------------- */

/* Nobody may have read of what is sent to a second one. */
static bool
is_still_ready(struct passenger *p)
{
	struct glimpse g;

	return glimpse(p, &g) == 0 && boundary_see(&p->boundary, &g) == BOUNDARY_CARRY;
}

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
		if (p->boundary.anchored && is_still_ready(p)) {
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
	loosen(p);
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

			if (p->ready && p->pid == pid && h.counts[i] == 1 && is_still_ready(p) &&
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
			loosen(p);
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

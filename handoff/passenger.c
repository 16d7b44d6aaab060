/* passenger.c - a connection that is watched: its next request is held back, looked at, and let go. */
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <fcntl.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "handoff/passenger.h"
#include "handoff/remote.h"

enum {
	CLAMP = 65536,			/* more than any request that is waited for, less than a buffer */
	/* a request is held back for so long, before the first exchange for longer: what was under way
	 * then shows itself by what it writes */
	HOLD = 2, HOLD_FIRST = 5,	/* ms */
	PART = 20,			/* for the rest of a request */
	ESTABLISHED = 1,		/* TCP_ESTABLISHED of <netinet/tcp.h>, which bites <linux/tcp.h> */
};

bool
passenger_may_be(pid_t pid, int fd)
{
	char path[48], text[512];
	const char *line;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", (int)pid, fd);
	return fd_read_text(AT_FDCWD, path, text, sizeof(text)) != -1 &&
	    (line = strstr(text, "flags:")) != NULL &&
	    (strtoul(line + strlen("flags:"), NULL, 8) & O_NONBLOCK) != 0;
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

void
passenger_loosen(struct passenger *p)
{
	clamp(p, false);
	cork(p, false);
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

/* --- what comes next -------------------------------------------------------------------------- */

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
	if (!moved || passenger_may_be(p->pid, p->fd))
		return false;
	passenger_loosen(p);
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
	passenger_loosen(p);
}

enum passenger_state
passenger_look(struct passenger *p, msec now)
{
	struct glimpse g;

	if (!remote_holds(p->pid, p->fd, p->inode))
		return PASSENGER_GONE;
	if (glimpse(p, &g) == -1)
		return PASSENGER_WATCHED;
	if (is_stuck(p, &g))
		return PASSENGER_STAYS;
	switch (boundary_see(&p->boundary, &g)) {
	case BOUNDARY_WAIT:
		at_rest(p, &g);
		break;
	case BOUNDARY_PART:
		part_waits(p, now);
		break;
	case BOUNDARY_DOUBT:
		p->since = 0;
		passenger_loosen(p);
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
		return PASSENGER_STAYS;
	}
	return PASSENGER_WATCHED;
}

bool
passenger_is_ready(struct passenger *p)
{
	struct glimpse g;

	return glimpse(p, &g) == 0 && boundary_see(&p->boundary, &g) == BOUNDARY_CARRY;
}

/*
 * passenger.h - a connection that is watched, or on its way to the next generation.
 *
 * It is watched through a copy of its descriptor. At rest its next request is held back for a moment
 * (SO_RCVLOWAT: epoll does not report it), looked at, and let go; its answer stays (TCP_CORK) until the
 * request after it will be held back as well. boundary.h says from what was seen when it may be carried
 * instead.
 */
#ifndef HANDOFF_PASSENGER_H
#define HANDOFF_PASSENGER_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "handoff/boundary.h"

struct passenger {
	uint64_t inode;
	pid_t pid;			/* who holds it, and where */
	int fd;
	int copy;
	bool clamped;			/* the next request is held back */
	bool corked;			/* the answer is, until the next request will be */
	bool taken;			/* it is ours alone, until the other side has it */
	int via;			/* ... and the channel it was sent on; -1 */
	bool ready;			/* to be taken now */
	uint64_t clamped_read;		/* bytes the worker had read then */
	msec since;			/* when what waits began to wait; 0: nothing does */
	struct boundary boundary;
};

enum passenger_state {
	PASSENGER_WATCHED,		/* and `ready` when it is to be taken now */
	PASSENGER_GONE,			/* its worker has it no more */
	PASSENGER_STAYS,		/* it is not to be carried */
};

/* A blocking read keeps what it has and waits for more, when more is asked for: that one is not watched. */
bool passenger_may_be(pid_t pid, int fd);

/* Look, and hold back or let go. */
enum passenger_state passenger_look(struct passenger *p, msec now);

/* Is all of it still as it was when it became ready? Nobody may have read of what is sent to a second one. */
bool passenger_is_ready(struct passenger *p);

/* Its worker is to have it as if we were not there. */
void passenger_loosen(struct passenger *p);

#endif

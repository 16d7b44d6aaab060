/*
 * carry.h - the side of who leaves: kept-alive connections on their way to the next generation.
 *
 * Each is watched through a copy of its descriptor. At rest its next request is held back for a moment
 * (SO_RCVLOWAT: epoll does not report it), looked at, and let go; its answer stays (TCP_CORK) until the
 * request after it will be held back as well. boundary.h says from what was seen when it may be carried
 * instead. Then it is taken from the worker (graft.h) and sent to the keeper
 * of the next generation, with the request unread in it. Slow requests and all that is doubtful stay.
 */
#ifndef HANDOFF_CARRY_H
#define HANDOFF_CARRY_H

#include <sys/types.h>

#include "base/clock.h"
#include "handoff/boundary.h"
#include "handoff/connections.h"

enum { CARRY_MOST = 256, CARRY_CHANNELS = 8 };

/* A connection that is watched, or on its way. */
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

struct carry {
	int channels[CARRY_CHANNELS];	/* to keepers of later generations; -1 */
	int current;			/* index of the one that serves; -1 */
	bool refused;			/* cannot be done here */
	int count;
	struct passenger list[CARRY_MOST];
	msec look_at;			/* CLOCK_NEVER when nothing is watched */
	msec stop_ms;			/* how long the last stop of a worker took */
	uint32_t carried, lost;
};

/* None, and nothing to do. */
void carry_prepare(struct carry *c);

/*
 * Where they go from now on; `channel` is ours. Who was sent one before answers for it still: only when
 * that keeper is gone is it sent again, and only if nobody has read of it.
 */
void carry_go_to(struct carry *c, int channel);

/* Watch those of the connections that can be carried. -1, once: it cannot be done here. */
int carry_meet(struct carry *c, struct connections *all, msec now);

/*
 * Look at those that are watched, and carry. Those that went are marked in `all` as nobody's below us;
 * workers are the roots of all who could hold one.
 */
void carry_look(struct carry *c, struct connections *all, const pid_t *workers, size_t count,
    msec now);

/* Is it watched: better left open, for it may be carried soon? */
bool carry_wants(const struct carry *c, uint64_t inode);

/* Watch this one no more. */
void carry_forget(struct carry *c, uint64_t inode);

/* A later generation's keeper has one, or is gone. */
void carry_hear(struct carry *c, int channel);

/* How many were taken and are not known to have been received. */
int carry_underway(const struct carry *c);

/* Watch none any more. */
void carry_stop(struct carry *c);

/* What is under way and was not received is lost. */
void carry_give_up(struct carry *c);

/* One that another keeper took, and that we pass on; it is ours. -1 when there is no room. */
int carry_take_over(struct carry *c, int fd, uint64_t inode);

#endif

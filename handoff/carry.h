/*
 * carry.h - the side of who leaves: kept-alive connections on their way to the next generation.
 *
 * Each is watched (passenger.h) until it may be carried. Then it is taken from the worker (graft.h) and sent to the keeper
 * of the next generation, with the request unread in it. Slow requests and all that is doubtful stay.
 */
#ifndef HANDOFF_CARRY_H
#define HANDOFF_CARRY_H

#include <sys/types.h>

#include "base/clock.h"
#include "handoff/connections.h"
#include "handoff/passenger.h"

enum { CARRY_MOST = 256, CARRY_CHANNELS = 8 };

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

/*
 * generation.h - the life of one set of workers. PURE.
 *
 * A generation is one keeper with its workers on one release. It is named by its serial, which only
 * ever grows; its place in an array is nobody's business.
 */
#ifndef HANDOFF_GENERATION_H
#define HANDOFF_GENERATION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

enum generation_state {
	GENERATION_NONE,	/* the record is free */
	GENERATION_STARTING,
	GENERATION_READY,	/* a candidate that passed, or a predecessor that is kept warm */
	GENERATION_SERVING,
	GENERATION_DRAINING,
	GENERATION_STOPPING,
	GENERATION_STATES
};

enum generation_event {
	GENERATION_ANNOUNCED,	/* its workers may be connected to */
	GENERATION_PASSED,	/* it is ready */
	GENERATION_CHOSEN,	/* it is to serve */
	GENERATION_REPLACED,	/* another one serves in its place */
	GENERATION_STOP_WANTED,	/* it is not needed any more */
	GENERATION_FAILED,	/* it has given up, and with it its workers: nothing is left to drain */
	GENERATION_EXPIRED,	/* its deadline has come */
	GENERATION_EXITED,	/* its keeper was reaped, and with it everything below */
	GENERATION_EVENTS
};

/* What is to be done about a transition; a set of bits. */
enum generation_action {
	DO_PROBE = 1,
	DO_STEER = 2,
	DO_DRAIN = 4,
	DO_STOP = 8,
	DO_KILL = 16,
	DO_RELEASE = 32,
};

struct generation {
	uint32_t serial;
	int32_t release;		/* 0: no releases are kept */
	uint32_t turn;			/* which request for a handoff it answers */
	enum generation_state state;
	int slot;
	int places;			/* so many of its workers run (rolling.h); 0: all */
	msec started;
	msec since;			/* when it came into this state */
	msec deadline;
	int status;			/* wait status of the last worker that ended */
	int kills;			/* how often it had to be killed */
};

/* How long a generation may stay in a state. */
struct patience {
	msec ready;			/* starting: BATON_READY_TIMEOUT */
	msec warm;			/* ready: BATON_KEEP_WARM */
	msec drain;			/* draining: BATON_DRAIN_TIMEOUT */
	msec stop;			/* stopping: BATON_STOP_TIMEOUT */
};

/* Set up a free record; the caller gives the rest (release, turn, slot). */
void generation_start(struct generation *g, uint32_t serial, const struct patience *p, msec now);

/* It drains, and has no more than so long for that from now on: everything ends. */
void generation_hasten(struct generation *g, msec most, msec now);

/* It stops, and was given longer than there is now: it is killed at `end`. */
void generation_bound(struct generation *g, msec end, msec now);

/* It starts, drains or stops, and needs so long from now on: its deadline is never nearer for that. */
void generation_extend(struct generation *g, msec span, msec now);

/*
 * Step. Returns the set of enum generation_action that is to be done; 0 where the table has no
 * cell, and then nothing has changed. EXITED frees the record.
 */
unsigned generation_step(struct generation *g, enum generation_event event,
    const struct patience *p, msec now);

/* Running workers: everything but a free record. */
bool generation_exists(const struct generation *g);

const char *generation_state_name(enum generation_state state);

#endif

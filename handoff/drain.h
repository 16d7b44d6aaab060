/*
 * drain.h - which connections of a leaving generation may be closed, and when its workers may be
 * asked to stop. PURE.
 *
 * What was seen and the time go in, a plan comes out. The keeper looks (connections.h), calls
 * drain_observe(), does what the plan says, and looks again when the plan says. docs/drain.md tells
 * the rules and their limits.
 */
#ifndef HANDOFF_DRAIN_H
#define HANDOFF_DRAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "handoff/connection.h"

enum { DRAIN_NOBODY = -1, DRAIN_SHORTEST_QUIET = 20 };

/* One worker. */
struct drain_worker {
	bool signalled;			/* it was sent, or it is gone */
	bool signal_now;		/* out: send it */
};

/* What one look saw. */
struct drain_view {
	struct connection *connections;	/* those with pid 0 are not ours, and passed over */
	size_t count;
	struct drain_worker *workers;
	size_t worker_count;
	uint32_t queue;			/* not accepted yet, and handshakes on their way there */
};

enum drain_waits {
	DRAIN_WAITS_QUEUE,		/* connections that are not accepted yet */
	DRAIN_WAITS_FLIGHT,		/* requests in flight */
	DRAIN_WAITS_QUIET,		/* connections to be quiet for long enough */
	DRAIN_WAITS_STREAMS,		/* long streams, nothing else */
	DRAIN_WAITS_EXIT		/* every worker was signalled */
};

/* What a connection is to a drain, in the order in which people ask. */
enum drain_kind { DRAIN_IN_FLIGHT, DRAIN_STREAM, DRAIN_QUIET, DRAIN_CLOSED, DRAIN_KINDS };

struct drain_plan {
	msec look_again;		/* a moment after now; CLOCK_NEVER when all is said */
	enum drain_waits waits_for;
	uint32_t open, in_flight, streams;
	uint32_t closing;		/* how many have close_now */
};

struct drain {
	msec start, budget, quiet;
	bool can_close;			/* connections can be closed from outside */
	bool shared;			/* the workers accept from one queue with those of the next
					   generation: new connections do not end, so no waiting for that */
	msec queued;			/* when somebody was seen waiting for accept last */
	msec next_stream;		/* when the next stream may be closed */
	uint32_t seen;			/* different connections */
	uint32_t closed;		/* quiet connections closed so far */
	uint32_t cut;			/* streams closed so far, at the end of the budget */
	uint32_t late;			/* requests that came to a connection just closed */
};

/*
 * Begin: nothing steers to the generation from now on. budget is the time until the stop signal at
 * the latest, quiet the silence after which a connection may be closed.
 */
void drain_begin(struct drain *d, msec budget, msec quiet, bool can_close, msec now);

/* The account of a drain before this one, of another worker of the same generation, goes on in it. */
void drain_carry(struct drain *d, const struct drain *last);

/* It needs so long from now on: a budget that is longer already stays. */
void drain_extend(struct drain *d, msec span, msec now);

/* One look. Sets close_now and habit in the connections, signal_now in the workers, fills plan. */
void drain_observe(struct drain *d, struct drain_view *view, msec now, struct drain_plan *plan);

enum drain_kind drain_kind(const struct drain *d, const struct connection *c);

/* A close that the plan asked for was refused: because it was not quiet any more, or for ever. */
void drain_refused(struct drain *d, struct connection *c, bool for_ever);

/*
 * The silence that is long enough at this moment: `quiet` for the first half of the time, then it
 * halves each time half of what is left has passed. The last tenth of the budget is not counted: it
 * is for what comes late.
 */
msec drain_threshold(const struct drain *d, msec now);

#endif

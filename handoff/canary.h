/*
 * canary.h - a candidate that is ready gets a share of the new connections first, step by step, and
 * serves all of them only after the last step. PURE.
 *
 * Whoever serves goes on serving the rest, so a candidate that crashes or fails its probe meanwhile is
 * taken back out at once, and nobody else has noticed. Two facts of the service are kept here: which
 * step is under way (0 for none), and until when.
 */
#ifndef HANDOFF_CANARY_H
#define HANDOFF_CANARY_H

#include <stdbool.h>

#include "base/clock.h"

struct generation;
struct plan;
struct service;

enum { CANARY_STEPS = 8, CANARY_ALL = 1000 };

struct canary_step {
	int share;			/* of new connections, in thousandths: 1..CANARY_ALL */
	bool by_source;			/* the same source address always has the same answer */
	msec span;
};

/* BATON_CANARY. */
struct canary {
	int count;			/* 0: a candidate that is ready serves everybody */
	struct canary_step steps[CANARY_STEPS];
};

/* Is the candidate to have, or has it, a canary? Not where nobody serves, nor where nobody wants one. */
bool canary_wanted(const struct service *s, const struct generation *g);

/* The step under way, or NULL. */
const struct canary_step *canary_now(const struct service *s);

/* Begin the next step if its time has come. False when all are over: it is to serve everybody. */
bool canary_goes_on(struct service *s, const struct generation *g, msec now, struct plan *plan);

/* EVENT_PROMOTE: no more steps. */
void canary_cut_short(struct service *s);

/* No connection goes to the candidate any more; harmless when none went. */
void canary_end(struct service *s, struct plan *plan);

/* The candidate is of no use: it has no share from here on, and finishes what it has begun. */
void canary_take_out(struct service *s, struct generation *g, msec now, struct plan *plan);

#endif

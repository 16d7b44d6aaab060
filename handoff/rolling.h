/*
 * rolling.h - one worker at a time: a handoff for a container without room for two generations. PURE.
 *
 * The worker of each place is replaced by itself. The next generation begins with one worker; when it
 * is ready, its place is steered to it, and the worker that had it drains and ends; then the next one
 * is started. So there is never more than one worker too many. With the last place the new generation
 * is chosen and the old one drains, as in any handoff.
 *
 * If a new worker does not become ready, or one ends, the release is blamed and the places go back in
 * the same way: each to a worker of the old generation that was started again and is ready.
 *
 * What a keeper is told has a number (order), and its answer names it: a late one moves nothing.
 */
#ifndef HANDOFF_ROLLING_H
#define HANDOFF_ROLLING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "handoff/event.h"
#include "handoff/plan.h"

struct generation;
struct service;

enum roll_phase {
	ROLL_GROWS,			/* waits for a worker to be ready */
	ROLL_RETIRES,			/* waits for a worker to be gone */
};

struct rolling {
	uint32_t to;			/* serial that the places go to, 0: nothing rolls */
	uint32_t whole;			/* who took over has to be whole before anything rolls; 0: nobody */
	bool back;			/* they go back */
	enum roll_phase phase;
	int moved;			/* places 0 .. moved - 1 are the new generation's */
	int order;			/* the newest */
	msec deadline;			/* of the phase, or for that one to be whole */
};

/* With how many workers a generation is to begin that is launched now; 0 for all. */
int rolling_first(const struct service *s);

/* Does the next handoff have to wait until the last one has come to its end, and who serves is whole? */
bool rolling_waits(const struct service *s);

/* The candidate is ready. Returns whether it has to wait for places before it is chosen. */
bool rolling_goes_on(struct service *s, struct generation *candidate, msec now, struct plan *plan);

/* g serves: all of its workers are to run, and nothing rolls any more. */
void rolling_chosen(struct service *s, struct generation *g, msec now, struct plan *plan);

/* An event about g. Returns whether it was an answer to an order, and has been dealt with. */
bool rolling_hears(struct service *s, struct generation *g, const struct event *e, msec now,
    struct plan *plan);

/* Is anybody curious whether a worker of this generation, which serves in part, is ready? */
bool rolling_awaits(const struct service *s, uint32_t serial);

/* A worker of that generation needs so long from now on: a phase that waits for it has that. */
void rolling_extend(struct service *s, uint32_t serial, msec span, msec now);

/* The time of the phase is over. */
void rolling_tick(struct service *s, msec now, struct plan *plan);
msec rolling_deadline(const struct service *s);

/* Was it that time which was over for a new worker to be ready? */
bool rolling_overdue(const struct service *s, msec now);

/* g is gone, or has failed as a whole: whoever is left has all places. */
void rolling_lost(struct service *s, const struct generation *g, msec now, struct plan *plan);

/* Everything ends. */
void rolling_forget(struct service *s);

#endif

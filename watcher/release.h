/*
 * release.h - when to build. PURE: no system calls, the time is given.
 *
 * Changes gather until a delay has passed without one, ten times that at most. While a build runs
 * there is never a second one; what comes meanwhile starts exactly one more after it.
 */
#ifndef WATCHER_RELEASE_H
#define WATCHER_RELEASE_H

#include <stdbool.h>

#include "base/clock.h"

enum release_event {
	RELEASE_CHANGED,	/* a source changed */
	RELEASE_ASKED,		/* build now, without waiting */
	RELEASE_SAME,		/* what changed is again what the last build saw */
	RELEASE_HELD,		/* the sources are being changed as a whole: wait a little more */
	RELEASE_ENDED,		/* the running build ended, well or not */
	RELEASE_LOST,		/* it was killed by nobody of ours: it says nothing of the sources */
	RELEASE_TIME		/* release_deadline() has passed */
};

enum release_action {
	RELEASE_STAY,
	RELEASE_BUILD,		/* start a build of all that changed until now */
	RELEASE_END		/* end the running one; RELEASE_ENDED is expected */
};

enum release_state { RELEASE_IDLE, RELEASE_WAITING, RELEASE_BUILDING, RELEASE_ENDING };

struct release_rules {
	msec delay;
	bool busy_restart;	/* a change during a build ends it */
};

/* Only facts are kept; the state is derived from them. */
struct release {
	bool running, ending, asked;
	msec first, last;	/* changes that no build has seen yet, CLOCK_NEVER: none */
	msec held_until;
	msec not_before;	/* slows down builds that change their own sources */
	int loops;		/* builds in a row during which sources changed */
	int cuts;		/* builds in a row that were ended for a change */
	int lost;		/* ... that were lost */
};

/*
 * More loops in a row than that are told, and slowed down. After so many cuts the next build may
 * finish, or who saves all the time, or a build that changes its own sources, would never see one.
 * One that is lost is done again, but not more often than that in a row: perhaps it is its own fault.
 */
enum { RELEASE_LOOPS = 3, RELEASE_CUTS = 3, RELEASE_LOSSES = 3 };

/* Changes gather, or are held, for so many delays at most. */
enum { RELEASE_DELAYS = 10 };

void release_init(struct release *r);
enum release_action release_step(struct release *r, const struct release_rules *rules,
    enum release_event event, msec now);

/* When RELEASE_TIME is due, CLOCK_NEVER for never. */
msec release_deadline(const struct release *r, const struct release_rules *rules);

/* Could what changed still be held back? Not longer than changes are gathered at most. */
bool release_may_hold(const struct release *r, const struct release_rules *rules, msec now);

enum release_state release_state(const struct release *r);

#endif

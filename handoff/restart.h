/*
 * restart.h - when a worker that ended is started again. PURE.
 *
 * The delay doubles from the first to the most, with jitter, and begins anew after the worker ran
 * well. More than `limit` ends within `window` and there is no use in going on.
 */
#ifndef HANDOFF_RESTART_H
#define HANDOFF_RESTART_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

struct restart_policy {
	msec delay, delay_most;
	int limit;
	msec window;
};

struct restart {
	int ends;		/* in this window */
	msec window_began;
	int in_a_row;		/* without having run well in between */
};

/*
 * It ended at `now` after it ran for `ran`. jitter is any number. Returns the moment to start it
 * again, or CLOCK_NEVER when the limit is reached.
 */
msec restart_after(struct restart *r, const struct restart_policy *p, msec ran, uint32_t jitter,
    msec now);

#endif

/*
 * brake.h - holds a build to a part of the processors where no cgroup does: it is stopped and goes on,
 * many times a second. No system calls.
 */
#ifndef WATCHER_BRAKE_H
#define WATCHER_BRAKE_H

#include <stdbool.h>

#include "base/clock.h"

enum { BRAKE_PERIOD_MS = 40 };

struct brake {
	msec run_ms;			/* of each period; 0: nothing is to be braked */
	bool stopped;
	msec at;			/* when it is stopped or goes on next, CLOCK_NEVER without */
};

/* On how many processors it may run at all, when it may use so many hundredths of one. */
int brake_processors(int percent);

/* percent 0: all it can get. */
void brake_begin(struct brake *b, int percent, msec now);

/* The signal that all of the build is to get now, or 0. */
int brake_step(struct brake *b, msec now);

#endif

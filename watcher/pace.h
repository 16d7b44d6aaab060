/*
 * pace.h - an idle build beside a busy service: it steps back, but does not stand still.
 *
 * A cgroup that is idle gets what the service leaves, which can be nothing for as long as the service
 * is busy. So where a build wants a processor and has not had a tenth of one, its cgroup gets weight
 * until that is no longer so.
 */
#ifndef WATCHER_PACE_H
#define WATCHER_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "watcher/cgroup.h"

enum { PACE_MS = 500, PACE_HIGHEST = 2 };

struct pace {
	msec at;			/* when it was looked at last */
	int64_t ran_ms;			/* what the build had of the processors until then */
	bool wanted;			/* and it wanted more */
	int level;			/* 0: idle */
};

/* What /proc says of the build at a time. */
struct strides {
	int64_t ran_ms;
	bool wants;			/* one of its threads is running or waits for a processor */
};

/* The level from now on. No system calls. */
int pace_step(struct pace *p, const struct strides *s, msec now);

/* A build begins, idle. */
void pace_begin(struct pace *p, const struct cgroup *group, msec now);

/* Look at our descendants, if it is time to, and give their cgroup the weight that they need. */
void pace_look(struct pace *p, const struct cgroup *group, msec now);

/* It is to be ended: what dies has to run for that, and should not wait for the service. */
void pace_end(const struct cgroup *group);

#endif

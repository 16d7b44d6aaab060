/*
 * schedule.h - when requests are due. With a rate (open loop) request i is due at start + i/rate,
 * whatever the server does, and its latency counts from then: a server that stalls cannot hide the
 * requests that would have come meanwhile. Without one (closed loop) a request is due when its
 * connection is free.
 */
#ifndef LOAD_SCHEDULE_H
#define LOAD_SCHEDULE_H

#include "tests/load/instant.h"

#include <stdbool.h>
#include <stdint.h>

struct schedule {
	instant start_us, end_us; /* nothing is due at end_us or later */
	double interval_us;       /* 0 for a closed loop */
	uint64_t taken, limit;
};

void schedule_begin(
    struct schedule *s, instant now, double rate, instant duration_us, uint64_t limit);

/* Nothing becomes due any more; what was due before stays due. */
void schedule_stop(struct schedule *s, instant now);

/* All that was to be done has been taken. */
bool schedule_finished(const struct schedule *s, instant now);

/* When the next request of an open loop is due; NEVER_US if none, or in a closed loop. */
instant schedule_next(const struct schedule *s);

/* Take the next request for a connection free since `free_us`, and say when it was due. */
bool schedule_take(struct schedule *s, instant now, instant free_us, instant *due_us);

#endif

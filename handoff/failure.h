/*
 * failure.h - what to do when a generation cannot serve: stay with what serves, try again after a
 * pause, or give up. PURE.
 */
#ifndef HANDOFF_FAILURE_H
#define HANDOFF_FAILURE_H

#include "handoff/service.h"

/* The candidate will not serve. With somebody live, the request came to nothing. */
void failure_of_candidate(struct service *s, const struct generation *g, msec now);

/* Nobody serves any more. A warm one takes over, or the candidate, or a new one after a pause. */
void failure_of_live(struct service *s, int wait_status, msec now);

/* It failed too often: end with its status, and never with success. */
void failure_give_up(struct service *s, int wait_status, msec now);

#endif

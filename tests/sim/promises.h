/*
 * promises.h - what has to happen in time: an answer to each request, the end after a shutdown, a
 * pause before what failed is tried again.
 */
#ifndef SIM_PROMISES_H
#define SIM_PROMISES_H

#include "tests/sim/world.h"

/* A request has just been stepped, which is for this release (0: any). */
void promises_request(struct world *w, int32_t release);

void promises_step(struct world *w);

/* How long it may take, at most, until everything that goes on has come to rest. */
msec promises_rest(const struct world *w);

#endif

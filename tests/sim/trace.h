/*
 * trace.h - the story of one seed, a line an event and a line an effect.
 */
#ifndef SIM_TRACE_H
#define SIM_TRACE_H

#include "tests/sim/world.h"

void trace_policy(const struct world *w);
void trace_step(const struct world *w, const struct event *e);

#endif

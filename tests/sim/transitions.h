/*
 * transitions.h - each generation, before and after a step: it changed for a reason, and whoever
 * has to be told about it is told.
 */
#ifndef SIM_TRANSITIONS_H
#define SIM_TRANSITIONS_H

#include "tests/sim/world.h"

void transitions_check(struct world *w, const struct event *e);

#endif

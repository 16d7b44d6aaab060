/*
 * check.h - what must hold after each step of the core, whatever happened.
 */
#ifndef SIM_CHECK_H
#define SIM_CHECK_H

#include "tests/sim/world.h"

/* world.before, world.service and world.plan are those of this event; nothing is performed yet. */
void check_step(struct world *w, const struct event *e);

/* The plan has been performed. */
void check_performed(struct world *w);

#endif

/*
 * act.h - do to the models what the plan says, in its order, as PID 1 does to processes.
 */
#ifndef SIM_ACT_H
#define SIM_ACT_H

#include "tests/sim/world.h"

void act(struct world *w);

#endif

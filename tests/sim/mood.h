/*
 * mood.h - draw what one run is like: the policy, and how much goes wrong.
 */
#ifndef SIM_MOOD_H
#define SIM_MOOD_H

#include "tests/sim/world.h"

void mood_draw(struct random *r, struct mood *mood);

/* Any that the options allow: they demand a slot for the live one, each that drains and a candidate. */
void mood_draw_policy(struct random *r, struct policy *p);

#endif

/* perform.h - make a plan happen: one function an effect. What fails comes back as an event. */
#ifndef INIT_PERFORM_H
#define INIT_PERFORM_H

#include "handoff/plan.h"

struct init;

void perform(struct init *init, const struct plan *plan);

/* Attach state.steer to every listener. */
void perform_steering(struct init *init);

#endif

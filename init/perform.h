/* perform.h - make a plan happen: one function an effect. What fails comes back as an event. */
#ifndef INIT_PERFORM_H
#define INIT_PERFORM_H

#include "handoff/plan.h"

struct init;
struct served;

void perform(struct init *init, struct served *sv, const struct plan *plan);

/* Attach its steering to every listener. */
void perform_steering(struct served *sv);

#endif

/*
 * requests.h - people and builders, who ask for anything at any time.
 */
#ifndef SIM_REQUESTS_H
#define SIM_REQUESTS_H

#include "tests/sim/world.h"

/* Boot: the first release, or later, when there is one. */
void requests_boot(struct world *w);

/* HAPPEN_REQUEST: ask for something, and ask again later. */
void requests_make(struct world *w);

/* A new release, a good one, is to be handed over to. */
void requests_newest(struct world *w);

void requests_end(struct world *w);

#endif

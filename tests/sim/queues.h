/*
 * queues.h - a model of the slots: clients come to the steered one, and wait there until somebody
 * accepts them.
 */
#ifndef SIM_QUEUES_H
#define SIM_QUEUES_H

#include "tests/sim/world.h"

/* Some time has passed: some came, and who accepts has accepted some. */
void queues_pass(struct world *w);

void queues_steer(struct world *w, int slot);
void queues_share(struct world *w, int slot, int share);
void queues_flush(struct world *w, int slot);

/* A new generation begins at this slot: nobody's clients may be in it but those it is to serve. */
void queues_check_launch(struct world *w, int slot);

/* No client may wait where nobody will accept. */
void queues_check(struct world *w);

#endif

/*
 * rolled.h - a model of workers that are replaced one at a time: who of a keeper's runs, who is ready,
 * and whose a place is.
 */
#ifndef SIM_ROLLED_H
#define SIM_ROLLED_H

#include "tests/sim/world.h"

/* A keeper begins with so many workers, 0 for all. */
void rolled_launch(struct world *w, struct keeper *k, int count);

void rolled_steer(struct world *w, const struct effect *e);
void rolled_grow(struct world *w, const struct effect *e);
void rolled_retire(struct world *w, const struct effect *e);

/* An event is about to be heard: what the workers have done before. */
void rolled_before(struct world *w, struct keeper *k, const struct event *e);

/* Never more than one worker too many, never more than one place that nobody accepts at. */
void rolled_check(struct world *w);

/* Whoever serves is whole. */
void rolled_check_rest(struct world *w);

#endif

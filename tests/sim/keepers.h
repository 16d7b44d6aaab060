/*
 * keepers.h - models of keepers: what one says, and whether it does what it is told.
 */
#ifndef SIM_KEEPERS_H
#define SIM_KEEPERS_H

#include "tests/sim/world.h"

/* NULL for a serial of nobody. */
struct keeper *keepers_find(struct world *w, uint32_t serial);

/* Who is alive at a slot, or NULL. */
struct keeper *keepers_at(struct world *w, int slot);

void keepers_launch(struct world *w, const struct effect *e);

/* In answer to which order. */
void keepers_probe(struct world *w, uint32_t serial, int order);

/* It has a share of the clients: it may crash of them, and is probed on. */
void keepers_canary(struct world *w, uint32_t serial);

void keepers_drain(struct world *w, uint32_t serial, msec budget);
void keepers_stop(struct world *w, uint32_t serial);

/* times: the how-manieth time it is; the second is SIGKILL to the keeper itself. */
void keepers_kill(struct world *w, uint32_t serial, int times);

/* HAPPEN_LOOK: may it end, as its queue is empty and its connections are closed? */
void keepers_look(struct world *w, uint32_t serial);

/* HAPPEN_END: it is gone, and will be reaped a little later. */
void keepers_end(struct world *w, uint32_t serial, int status);

/* An event is about to be heard: what the keeper has done before it spoke. */
void keepers_before(struct world *w, const struct event *e);

/* In the last part nobody leaves who was not asked to, whatever had been going to happen. */
bool keepers_forgive(struct world *w, const struct happening *h);

#endif

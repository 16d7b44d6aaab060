/*
 * spread.h - a slot of several sockets, one for each worker (BATON_SPREAD): how many there are, and
 * which of them are passed over because their worker is not there.
 */
#ifndef INIT_SPREAD_H
#define INIT_SPREAD_H

#include <stdbool.h>
#include <stdint.h>

struct keeper_record;
struct options;
struct served;

/* Sockets a slot. */
int spread_width(const struct options *o);

/* By bit: the workers of this slot's generation that cannot accept. */
uint64_t spread_down(const struct served *sv, int slot);

/* A worker has ended, or has its socket again: new connections go to the others, or to it too. */
void spread_worker(struct served *sv, struct keeper_record *k, int index, bool down);

#endif

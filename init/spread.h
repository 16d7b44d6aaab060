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

/* By bit: the places of what new connections are steered to whose worker cannot accept. */
uint64_t spread_down(const struct served *sv);

/* And of one slot. */
uint64_t spread_down_in(const struct served *sv, int slot);

/*
 * A path is a listener: it cannot be steered, so all workers accept from one socket there, and they
 * cannot be replaced one at a time. Said where that was asked for.
 */
void spread_path(struct served *sv, const struct options *o, const char *path);

/* A worker has ended, or has its socket again: new connections go to the others, or to it too. */
void spread_worker(struct served *sv, struct keeper_record *k, int index, bool down);

#endif

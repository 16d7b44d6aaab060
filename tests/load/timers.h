/* timers.h - the next moment at which each connection wants attention: a binary heap, one entry each. */
#ifndef LOAD_TIMERS_H
#define LOAD_TIMERS_H

#include "tests/load/instant.h"

#include <stddef.h>

struct timers {
	size_t count;
	unsigned *heap; /* connections, the earliest first */
	size_t *place;  /* of each connection in the heap; count or more if it is not there */
	instant *when;
};

/* Room for `connections` timers, none of them set. Returns -1 if there is no memory. */
int timers_begin(struct timers *t, size_t connections);
void timers_free(struct timers *t);

/* Set or move one; NEVER_US removes it. */
void timers_set(struct timers *t, unsigned connection, instant when);

/* The earliest moment, or NEVER_US; *connection is set if there is one. */
instant timers_first(const struct timers *t, unsigned *connection);

#endif

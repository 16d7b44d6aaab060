/*
 * relay.h - local addresses behind which a candidate is reached, while nobody else reaches it.
 *
 * Whoever connects to one is given a private connection of his own (probe.h): so any program can ask
 * the candidate, and needs to know nothing about it. Nothing here blocks, but for the instant in which
 * PID 1 steers.
 */
#ifndef HANDOFF_RELAY_H
#define HANDOFF_RELAY_H

#include <poll.h>
#include <stdbool.h>

#include "handoff/address.h"

enum { RELAY_TARGETS = 128, RELAY_PAIRS = 32, RELAY_BYTES = 16384,
	RELAY_POLLS = RELAY_TARGETS + 2 * RELAY_PAIRS };

/* One direction of a connection that is passed on. */
struct relay_lane {
	char bytes[RELAY_BYTES];
	size_t from, to;		/* what was read and not written yet */
	bool ended;			/* nothing more comes; what came is passed on */
};

struct relay_pair {
	int ends[2];			/* who asks, and the candidate; -1: free */
	struct relay_lane lanes[2];	/* from that end to the other */
};

struct relay {
	struct address targets[RELAY_TARGETS];
	int listening[RELAY_TARGETS];
	int count;
	int first, workers, next;	/* from the first on, each of which has its turn */
	struct relay_pair pairs[RELAY_PAIRS];
};

/* Listen on 127.0.0.1, for each target on a port of its own. 0, or -1 with errno and all closed. */
int relay_open(struct relay *r, const struct address *targets, int count, int workers);
void relay_close(struct relay *r);

/* Where the target of this index is reached now. */
struct address relay_address(const struct relay *r, int index);

/* What to wait for: at most RELAY_POLLS; returns how many. And what came of it. */
int relay_collect(const struct relay *r, struct pollfd *set);
void relay_turn(struct relay *r);

#endif

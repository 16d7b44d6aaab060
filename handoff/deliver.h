/*
 * deliver.h - the side of who serves: connections that were carried here, until a worker accepts them.
 *
 * They wait in a queue. A connection to the slot, which ends without a byte, wakes its workers up; their
 * accept(2) is trapped (trap.h) and returns one that waits here, as long as there is one.
 */
#ifndef HANDOFF_DELIVER_H
#define HANDOFF_DELIVER_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/trap.h"
#include "handoff/address.h"

enum { DELIVER_SOURCES = 8, DELIVER_MOST = 512 };

struct delivery {
	int fd;
	int source;			/* index of who sent it, -1 when that is gone */
	int64_t number;			/* as it calls it */
	struct address to;		/* the address its client connected to */
	msec since;
};

struct deliver {
	int sources[DELIVER_SOURCES];	/* channels to keepers that leave; -1 */
	struct delivery queue[DELIVER_MOST];
	int count;
	msec ring_at;			/* CLOCK_NEVER when nobody waits */
};

void deliver_prepare(struct deliver *d);

/*
 * Whether a trapped call can return a connection here, in one step (Linux 5.14); notify is where such
 * calls come from. Without, what is carried here would never be accepted.
 */
bool deliver_can(int notify);

/* A keeper that leaves sends connections on this channel, which is ours. */
void deliver_from(struct deliver *d, int channel);

/* Receive what came from one of them. */
void deliver_hear(struct deliver *d, int source, msec now);

/* Wake the workers for what waits too long, and give up what waits far too long. */
void deliver_due(struct deliver *d, msec now);

/*
 * A trapped accept on the listener with this address: answer it with a connection that waits for it.
 * False: there is none, or it could not be given; the call waits as before.
 */
bool deliver_answer(struct deliver *d, int notify, const struct trap_call *call,
    const struct address *listener);

/* Take the first one out: its descriptor, which is the caller's now; -1 when none waits. */
int deliver_take(struct deliver *d, int64_t *number);

#endif

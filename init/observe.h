/*
 * observe.h - what /proc tells of the running workers: their memory, and their sockets.
 *
 * For the client of a status: PID 1 has no time to read it. What may not be read (another user's
 * processes) is -1, not 0.
 */
#ifndef INIT_OBSERVE_H
#define INIT_OBSERVE_H

#include <stddef.h>
#include <stdint.h>

#include "init/state.h"

struct rolls;
struct socket_row;

struct observer {
	char proc[64];			/* where baton's own /proc is seen from here */
	struct socket_row *rows;	/* sockets on the listeners' ports, by inode; owned */
	size_t count;
	const struct rolls *rolls;	/* what keepers show of connections, or NULL; the client's */
	bool all;			/* every one of them is wanted */
	uint32_t counts;		/* how many generations were counted: serials are a service's own */
};

struct observed {
	int connections;		/* established, held by a process of this generation */
	int queue;			/* wait to be accepted in the slots it listens on */
	int64_t rss[WORKERS];		/* bytes, of the worker and all below it */
};

/*
 * Begin. pid is baton's as the kernel tells it to this process (SO_PEERCRED), which is not
 * st->pid when the client stands outside of the container; 0 when that is not known.
 */
void observe_begin(struct observer *o, const struct state *st, pid_t pid);
void observe_end(struct observer *o);

/* The record of a generation's keeper, or NULL. */
const struct keeper_record *observe_keeper(const struct served *sv, uint32_t serial);

void observe_generation(struct observer *o, const struct keeper_record *k, struct observed *to);

/* All that wait on this listener, whichever slot they are in; -1 when it cannot be known. */
int observe_queue(const struct observer *o, const struct served *sv, const struct listener *l);

#endif

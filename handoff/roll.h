/*
 * roll.h - the connections of a generation that drains, for whoever asks for the status.
 *
 * The keeper writes what each look saw into shared memory, and whoever has the descriptor reads it
 * when he likes: nobody is asked, and nobody waits. A sequence counter says whether it was written
 * meanwhile. A reader believes nothing of it: its writer runs as the workers' user.
 */
#ifndef HANDOFF_ROLL_H
#define HANDOFF_ROLL_H

#include "handoff/drain.h"

enum { ROLL_MOST = 4096 };

struct roll_entry {
	uint64_t bytes_in, bytes_out;
	msec age;			/* it is there for at least so long: the kernel does not say */
	msec since;			/* for so long nothing came or went; in flight: since the request;
					   closed: since we closed it; stream: since it is known */
	int32_t worker;			/* index */
	int32_t pid;			/* one process that holds it */
	uint16_t remote_port;
	uint8_t family;
	uint8_t kind;			/* enum drain_kind */
	uint8_t remote[16];
	uint8_t padding[4];
};

struct roll {
	uint32_t sequence;		/* odd while it is being written */
	uint32_t size;			/* of this struct */
	msec looked;			/* the moment of the look */
	uint32_t count;			/* all there were ... */
	uint32_t held;			/* ... of which so many are here */
	uint32_t kinds[DRAIN_KINDS];	/* of all, by kind */
	struct roll_entry entries[ROLL_MOST];
};

/* Whose memory, and the descriptor to give away; NULL and -1 where it cannot be had. */
struct roll *roll_make(int *fd);

/* Write what was seen: those with a pid. */
void roll_write(struct roll *r, const struct drain *d, const struct connection *list, size_t count,
    msec now);

/*
 * Copy a whole one from its descriptor into `to`. 0, or -1 when it is none, or was written all the time.
 * Numbers in it are made to fit.
 */
int roll_read(int fd, struct roll *to);

#endif

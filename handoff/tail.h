/*
 * tail.h - what workers write to stderr goes on to where it always went, and its end is kept.
 *
 * A pipe stands between, so that a failed candidate can be reported with its last lines. The keeper
 * never waits for its own stderr: while that takes nothing, the pipe is not read, and the worker
 * waits in its write as it would without baton.
 */
#ifndef HANDOFF_TAIL_H
#define HANDOFF_TAIL_H

#include <poll.h>
#include <stddef.h>

enum { TAIL_KEPT = 2048, TAIL_CHUNK = 4096 };

struct tail {
	int pipe[2];			/* [1] is the workers' stderr; -1 where nothing is kept */
	char kept[TAIL_KEPT];		/* a ring */
	size_t at, length;
	char pending[TAIL_CHUNK];	/* read, and not yet taken by stderr */
	size_t pending_at, pending_length;
};

/* capture 0: keeps nothing, workers write to stderr themselves. */
void tail_open(struct tail *t, int capture);

/* What to poll for; fd -1 for nothing. */
struct pollfd tail_poll(const struct tail *t);

/* Go on: read, pass on, keep. Call when poll says so. */
void tail_go_on(struct tail *t);

/* Pass on what is still in the pipe, as far as stderr takes it: for the end. */
void tail_end(struct tail *t);

/* Read what is still in the pipe, then a sealed memfd of the last lines, the caller's; or -1. */
int tail_lines(struct tail *t);

#endif

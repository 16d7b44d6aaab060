/*
 * launch.h - what stands between fork and the worker's exec.
 *
 * A process group of its own, death with the keeper, the working directory, descriptors, LISTEN_PID
 * (only the child knows its pid), the seccomp filter that lets the keeper answer its calls.
 */
#ifndef HANDOFF_LAUNCH_H
#define HANDOFF_LAUNCH_H

#include <sys/types.h>

#include <stdbool.h>

#include "handoff/keeper.h"

enum { LAUNCH_FDS = 192 };

struct launch {
	enum adopt adopt;
	unsigned traps;			/* calls that the keeper answers, enum trap */
	const char *directory;		/* or NULL */
	const int *slots;		/* and whatever else is for LISTEN_FDS; at most LAUNCH_FDS */
	int slot_count;
	int output;			/* stderr of the worker, or -1 */
	int terminal;			/* the one that goes to its process group; -1 for none */
	char *const *environment;
	char *const *command;
};

/*
 * Start a worker; returns when its exec is done, well or not. *channel has what it said before that
 * (MESSAGE_FILTER and the like), and then its end; the caller's to close. The pid, or -1.
 */
pid_t launch_start(const struct launch *l, int *channel);

#endif

/*
 * launch.h - what stands between fork and the worker's exec.
 *
 * A process group of its own, death with the keeper, the working directory, descriptors, LISTEN_PID
 * (only the child knows its pid), the seccomp filter that lets the keeper answer bind(2).
 */
#ifndef HANDOFF_LAUNCH_H
#define HANDOFF_LAUNCH_H

#include <sys/types.h>

#include <stdbool.h>

#include "handoff/keeper.h"

struct launch {
	enum adopt adopt;
	const char *directory;		/* or NULL */
	const int *slots;		/* for LISTEN_FDS, or none */
	int slot_count;
	int output;			/* stderr of the worker, or -1 */
	bool terminal;			/* the terminal, if there is one, goes to its process group */
	char *const *environment;
	char *const *command;
};

/*
 * The keeper's side: start a worker. *channel is what its launch sends on (MESSAGE_FILTER and the
 * like) until the exec closes it; the caller's to close. The pid, or -1.
 */
pid_t launch_start(const struct launch *l, int *channel);

/* The role: argv as launch_start() made it, from argv[0] "launch". Does not return on success. */
int launch_run(int argc, char *const argv[]);

#endif

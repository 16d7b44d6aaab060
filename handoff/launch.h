/*
 * launch.h - what stands between fork and the exec of a worker's command.
 *
 * Role process "baton launch ... -- COMMAND...", a child of the keeper that turns into the worker:
 * own process group, death with the keeper, directory, descriptors, LISTEN_PID (only the process
 * itself knows its pid) and the filter that traps bind(2). It says nothing itself: everything
 * goes to the keeper over a channel that the exec closes.
 */
#ifndef HANDOFF_LAUNCH_H
#define HANDOFF_LAUNCH_H

#include <sys/types.h>

#include <stdbool.h>

/* What it tells the keeper, as struct message.type; then the channel closes: the command runs. */
enum launch_message {
	LAUNCH_TRAPPED = 1,	/* fd: the notification descriptor of the filter (seccomp(2)) */
	LAUNCH_UNTRAPPED,	/* code: errno; the filter was only wanted */
	LAUNCH_FAILED,		/* code: errno, text: the sentence; it exits with 126 or 127 */
};

enum launch_trap { TRAP_NOT, TRAP_WANTED, TRAP_NEEDED };

struct launch {
	enum launch_trap trap;
	bool terminal;		/* give it the terminal, if standard input is one */
	const char *directory;	/* NULL: stay */
	char *const *command;	/* ends with NULL */
	char *const *environment;
	int error;		/* descriptor to become the worker's stderr; -1: ours */
	const int *listening;	/* to become its descriptors from 3 on */
	int listeners;
};

/*
 * Start a worker. *channel is the keeper's end and the caller's to close. Returns the pid, which
 * the caller reaps, or -1.
 */
pid_t launch_start(const struct launch *launch, int *channel);

/* The role; argv as launch_start() made it, argv[1] is "launch". Returns only to fail. */
int launch_run(int argc, char **argv);

#endif

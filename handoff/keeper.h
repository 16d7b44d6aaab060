/*
 * keeper.h - the parent of one generation's workers.
 *
 * Role process "baton keeper SERIAL -- COMMAND...", running as the workers' user. It is their
 * subreaper, so nothing of a generation escapes it, and what it knows of them it tells init over
 * ROLE_CHANNEL. One generation, one keeper: when it dies the kernel kills its workers, and their
 * listening sockets are safe in init.
 */
#ifndef HANDOFF_KEEPER_H
#define HANDOFF_KEEPER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "handoff/restart.h"

/* How workers may come to their sockets (BATON_ADOPT). */
enum adopt { ADOPT_AUTO, ADOPT_INJECT, ADOPT_ENV, ADOPT_OFF };

struct keeper_config {
	uint32_t serial;
	int32_t release;		/* 0 for none */
	int workers;
	char *const *command;		/* ends with NULL */
	const char *directory;		/* working directory of the workers; NULL: the keeper's */
	const char *live;		/* BATON_LIVE or NULL */
	const char *release_path;	/* absolute directory of the release, or NULL */
	enum adopt adopt;
	bool learn;			/* no BATON_LISTEN: an unknown TCP address asks init */
	struct restart_policy restart;
	int stop_signal;
	bool signal_group;		/* signals go to a worker's process group, not to it alone */
	msec quiet;			/* BATON_QUIET: so long without a byte is quiet */
	bool capture;			/* read the workers' stderr, copy it and keep its last lines */
};

/*
 * Keep one generation until its last process is gone; config and what it points to outlive the
 * call. log_open() and role_boot(1) come before it. Returns the exit status of the role: 0 after
 * it was told to stop or drain, else that of the worker that ended it (128+n for a signal).
 */
int keeper_run(const struct keeper_config *config);

#endif

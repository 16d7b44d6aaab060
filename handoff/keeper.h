/*
 * keeper.h - the role that is the parent of one generation's workers.
 *
 * It is forked from PID 1, runs as the workers' user and is their subreaper, so nothing of a
 * generation escapes it. What it is told and what it tells: base/message.h. When the channel closes
 * it kills everything below.
 */
#ifndef HANDOFF_KEEPER_H
#define HANDOFF_KEEPER_H

#include <stdbool.h>
#include <stdint.h>

#include "handoff/address.h"
#include "handoff/restart.h"

enum adopt {
	ADOPT_AUTO, ADOPT_INJECT, ADOPT_ENV, ADOPT_FETCH, ADOPT_EINHORN, ADOPT_SERVER_STARTER,
	ADOPT_NGINX, ADOPT_OFF
};
enum restart_when { RESTART_ALWAYS, RESTART_ON_FAILURE, RESTART_NEVER };

enum { KEEPER_NAMES = 64, KEEPER_NAME = 16 };

/* How an address is called in BATON_LISTEN; empty for not at all. */
struct keeper_name {
	struct address address;
	char name[KEEPER_NAME];
};

struct keeper_config {
	const char *service;		/* its name */
	uint32_t serial;
	int32_t release;
	int workers;
	char *const *command;
	const char *live;		/* BATON_LIVE, or NULL */
	const char *release_path;	/* absolute directory of the release, or NULL */
	enum adopt adopt;
	bool announce;			/* when its workers run, whatever they bind */
	bool learn;			/* no listener was declared: what a worker binds becomes one */
	enum restart_when restart;
	bool restart_plain;		/* also one that serves nothing; else it ends as its worker does */
	struct restart_policy restart_policy;
	uint64_t exit_ok[4];		/* bits of exit codes that count as success */
	int stop_signal;
	msec stop_timeout;		/* for what workers leave behind, and one that is replaced */
	msec drain_timeout;		/* for one that is replaced by itself */
	bool signal_group;		/* signals go to the worker's process group */
	int64_t memory;			/* BATON_MEMORY: of all its workers, 0 for no limit */
	msec quiet;			/* BATON_QUIET */
	bool carry;			/* BATON_CONNECTIONS=carry */
	const char *directory;		/* BATON_DIR, or NULL */
	const char *sockets;		/* BATON_SOCKET_DIR, or NULL */
	msec watchdog;			/* BATON_WATCHDOG, 0 for none */
	int name_count;
	struct keeper_name names[KEEPER_NAMES];
	const char *refused;		/* why it cannot even start, or NULL */
	bool capture;			/* keep the last lines that workers write to stderr */
};

/* Returns the exit status: that of the last worker, when all ended as their policy says. */
int keeper_run(const struct keeper_config *config);

#endif

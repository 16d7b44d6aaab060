/*
 * state.h - all that PID 1 knows: one flat struct of fixed size, without pointers.
 *
 * So a status is one copy into a memfd, which the client (the same binary) reads as it is; size and
 * version say whether it can. Descriptors in it mean nothing to a reader. A page that nobody needs
 * is never touched, so room for many services costs nothing.
 */
#ifndef INIT_STATE_H
#define INIT_STATE_H

#include <sys/types.h>

#include "base/message.h"
#include "handoff/deposit.h"
#include "handoff/listener.h"
#include "handoff/service.h"
#include "init/account.h"
#include "init/config.h"

enum { WORKERS = 64, CLIENTS = 16 };

struct worker_record {
	int32_t pid;			/* 0: not running */
	uint16_t restarts;
	uint16_t adoption;		/* enum adoption */
	uint16_t saying;		/* enum saying */
	char status[NOTICE_STATUS];	/* what it says of itself */
};

/* One for each generation that has a keeper, found by serial. */
struct keeper_record {
	uint32_t serial;		/* 0: free */
	pid_t pid;
	int channel;
	struct worker_record workers[WORKERS];
	uint64_t down;			/* by bit: the workers that cannot accept */
	int32_t open, in_flight;	/* connections, while it drains */
	int32_t closed_quiet, cut;
	int roll;			/* descriptor of the list of them, while it drains; -1 */
	int64_t figures[FIGURES];	/* -1: not known (yet) */
	uint64_t bound;			/* bits: listeners that its workers were given */
	bool spoke;			/* it came so far as to say something */
	bool promoted;			/* it has served */
	bool condemned;			/* killed for what it did: however it ends, it was not its policy */
	char waits_for[MESSAGE_TEXT];
	char naming[NOTICE_NAME];	/* what it says of a name comes in parts */
};

/* A role of which there is at most one at a time. */
struct helper {
	pid_t pid;			/* 0: not running */
	int channel;
	uint32_t serial;		/* probe: of which generation ... */
	uint64_t asked;			/* ... and at which listeners; bits */
	bool watches;			/* probe: one that is in its canary */
	int first, end, order;		/* ... and its workers, in answer to this order (rolling.h) */
	int32_t release;		/* store: which it publishes, or what is wanted when it ends */
	msec start_at;			/* watch, store: when to start it again */
	msec began;			/* watch: when it was started last */
	int starts;
};

enum store_job { STORE_IMPORT, STORE_PUBLISH, STORE_UNITE };

enum build_state { BUILD_NONE, BUILD_IDLE, BUILD_RUNNING };
enum build_result { RESULT_NONE, RESULT_BUILT, RESULT_SAME, RESULT_FAILED };

struct build_record {
	enum build_state state;
	int32_t number;			/* of the running build, or the last one */
	int32_t told;			/* the newest state of the sources, as a release; 0: not built yet */
	bool told_served;		/* it has served: what became of it later somebody wanted */
	msec started;
	msec last_ms;
	enum build_result last_result;
	char trigger[MESSAGE_TEXT];
	char why[MESSAGE_TEXT];		/* the last one failed */
};

enum client_wait { WAIT_NOTHING, WAIT_BUILD, WAIT_HANDOFF, WAIT_DRAINED, WAIT_UPGRADE,
	WAIT_LOG, WAIT_LOGGED };

struct client {
	int socket;			/* -1: free */
	int service;			/* index of whom it waits for */
	enum client_wait waits;
	uint32_t turn;			/* the handoff it waits for */
	int32_t build;			/* the build it waits for; 0: the next one that starts */
	int32_t flags;			/* enum ask */
	uint32_t heard;			/* when it said something last, in the order of all that was said */
};

/* A service as PID 1 keeps it: the core, its listeners and everybody who works for it. */
struct served {
	char name[SERVICE_NAME];
	bool critical;			/* baton ends with it */
	bool over;			/* it has ended for good, with `status` */
	int status;

	struct service service;
	int listener_count;
	struct listener listeners[LISTENERS];
	struct keeper_record keepers[GENERATIONS];
	struct steer steer;		/* as attached now ... */
	msec steer_at;			/* ... or, if not 0, to be attached then */
	bool whole_told;		/* that no share can be given here */
	int stop_signal;		/* instead of BATON_STOP_SIGNAL, 0 for that */

	struct helper watch, store, probe;
	int32_t publish_next;		/* release to be published when the store is free, 0 for none */
	int32_t published;
	enum store_job store_job;	/* what the store does, or did last */
	int32_t unite_next;		/* built, and wanted when its assets are lent; 0 for none */
	bool as_it_is;			/* no release is live, but what is there can be served */
	bool unite;			/* assets are to be lent or given back when the store is free */
	char in_use_told[MESSAGE_TEXT];	/* the releases in use, as the watcher knows them */
	struct build_record build;

	struct account account;
	struct deposits deposits;	/* what workers left for whoever comes next */

	uint32_t failure_serial;	/* whom the four below are about */
	bool failure_not_run;		/* its program could not be run */
	bool failure_complete;		/* what it wrote last is known, or will never be */
	char last_failure[MESSAGE_TEXT + 64];	/* why the last candidate did not serve */
	int last_failure_lines;		/* descriptor of what it wrote last, -1 for none */
};

struct state {
	uint32_t size;			/* of what is used: state_size() */
	char version[20];
	pid_t pid;
	msec booted;
	msec now;			/* when this copy was made */
	char tier[20];			/* "inject+steer", "env+steer", "shared"; "": not tried yet */
	bool steering;
	char upgraded_from[20];		/* the version before; "" when there was none */
	msec upgraded;
	uint32_t upgrades;
	struct client clients[CLIENTS];
	int service_count;
	struct served services[SERVICES];	/* last: those that are not there are not copied */
};

/* Bytes from the beginning to the end of the last service that is there. */
size_t state_size(const struct state *st);

#endif

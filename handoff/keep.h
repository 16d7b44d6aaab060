/*
 * keep.h - what the rooms of the keeper share: its state, and what each does for the others.
 *
 * keeper.c waits and hears PID 1, workers.c starts and buries workers, binds.c answers their bind,
 * leave.c drains and ends.
 */
#ifndef HANDOFF_KEEP_H
#define HANDOFF_KEEP_H

#include <sys/types.h>

#include <stdbool.h>

#include "base/message.h"
#include "handoff/adopt.h"
#include "handoff/connections.h"
#include "handoff/drain.h"
#include "handoff/keeper.h"
#include "handoff/notify.h"
#include "handoff/tail.h"

enum { KEEP_WORKERS = 64, KEEP_LISTENERS = 8, KEEP_ASKED = 16 };

struct worker {
	pid_t pid;			/* 0: not running */
	int channel;			/* of its launch, until the exec; -1 */
	int notify;			/* where its bind calls are answered; -1 */
	bool bound, ready, signalled;
	bool ended;			/* and not to be started again */
	msec started;
	msec start_at;			/* CLOCK_NEVER unless it waits to be started again */
	struct restart restart;
	char not_run[MESSAGE_TEXT];	/* why its program could not be run */
};

struct slot {
	struct address address;
	int socket;
};

/* A bind that PID 1 was asked about. */
struct asked {
	int worker;			/* DRAIN_NOBODY: free */
	struct bind_call call;
	char text[ADDRESS_TEXT];
};

enum keep_phase { KEEP_WAITING, KEEP_RUNNING, KEEP_LEAVING, KEEP_ENDING };

struct keeper {
	const struct keeper_config *config;
	enum keep_phase phase;
	bool promoted, announced, told_ready;
	bool terminal;			/* a worker has it, as long as it is no service */
	struct worker workers[KEEP_WORKERS];
	struct slot slots[KEEP_LISTENERS];
	int slot_count;
	struct asked asked[KEEP_ASKED];
	struct tail tail;
	int signals, notify;
	char notify_name[NOTIFY_NAME];
	char **command;			/* pinned to the release */

	struct drain drain;
	struct connections connections;
	msec look_at;			/* next look at the connections, CLOCK_NEVER for none */
	uint32_t open, in_flight, cut;
	msec kill_at;			/* what is left below is killed then */
	int status;			/* to exit with */
};

/* --- keeper.c --- */

/* One message to PID 1. Its end is ours. */
void keep_tell(struct keeper *k, enum message_type type, int32_t code, int64_t value,
    const char *text, int fd);

/* --- workers.c --- */

void workers_start(struct keeper *k);
void workers_reap(struct keeper *k);

/* Start those whose time has come. */
void workers_due(struct keeper *k, msec now);
msec workers_deadline(const struct keeper *k);

/* A launch says something. */
void workers_launch_says(struct keeper *k, int index);

/* Somebody spoke on the notify socket. */
void workers_notified(struct keeper *k);

/* A signal to every worker that runs. */
void workers_signal(struct keeper *k, int signo);

int workers_running(const struct keeper *k);

/* The terminal goes back to baton, whose ^C then ends the service; harmless without one. */
void workers_give_back_terminal(struct keeper *k);

/* The worker this process descends from, or DRAIN_NOBODY. */
int workers_of(const struct keeper *k, pid_t pid);

/* --- binds.c --- */

/* A bind call of this worker waits. */
void binds_receive(struct keeper *k, int index);

/* PID 1 says what an address is: a slot that is ours from now on, or -1 to leave it alone. */
void binds_answer(struct keeper *k, const char *text, int slot);

/* Can one more bind wait for PID 1? If not, the calls are left where they are, and wait there. */
bool binds_room(const struct keeper *k);

/* This worker has ended: none of its calls waits any more. */
void binds_forget(struct keeper *k, int index);

/* In learn mode: announced when every worker has bound. */
void binds_announce(struct keeper *k);

/* --- leave.c --- */

void leave_begin(struct keeper *k, msec budget);
void leave_look(struct keeper *k);

/* The stop signal now, whatever is in flight. */
void leave_stop(struct keeper *k);

/* The generation has failed: say why, with what its workers wrote last, and end everything. */
void leave_failed(struct keeper *k, int wait_status, const char *why);

/* SIGKILL to everything below, at once. */
void leave_kill(struct keeper *k);

/* All workers have ended: end what they left behind. */
void leave_end(struct keeper *k);

/* Time is over for what is left. */
void leave_due(struct keeper *k, msec now);

#endif

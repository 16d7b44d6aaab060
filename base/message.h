/*
 * message.h - what the processes of baton say to each other.
 *
 * One fixed-size message, one SOCK_SEQPACKET packet, at most one descriptor. docs/protocol.md has
 * the same table for people; init/permit.c says who may send what.
 */
#ifndef BASE_MESSAGE_H
#define BASE_MESSAGE_H

#include <stdint.h>

/*
 * A keeper goes on with the code it was forked with while PID 1 becomes another version (`baton
 * upgrade`), so a number stands for one thing for ever: what is new goes to the end of its group, and
 * what is gone leaves its number free. Whoever changes what a number or a field means raises
 * MESSAGE_LANGUAGE: then the two versions do not follow each other.
 */
enum { MESSAGE_LANGUAGE = 1 };

enum message_type {
	MESSAGE_NONE,

	/* keeper -> init; serial is always the generation's */
	MESSAGE_BIND = 1,	/* a worker binds `text`, no listener yet; code is the worker's
				   index, value: its umask, if that is a path, else 1
				   for IPv6 alone; wants MESSAGE_LISTENER */
	MESSAGE_ADOPTED,	/* a worker was given a slot; code is enum adoption, text address */
	MESSAGE_ANNOUNCED,	/* every worker that is to run may be connected to: probe it; code: the
				   order that this answers, 0 for BEGIN */
	MESSAGE_READY,		/* every one of them said READY=1; code: as with ANNOUNCED */
	MESSAGE_WORKER_UP,	/* code: index, value: pid */
	MESSAGE_WORKER_DOWN,	/* code: index, value: wait status (waitpid(2)), text: how */
	MESSAGE_FAILED,		/* gives up; code: wait status or 0, text: why, fd: last lines; value: 1
				   when the program could not be run at all */
	MESSAGE_DRAIN_STATE,	/* code: in flight, value: connections open, text: waits for */
	MESSAGE_DRAIN_DONE,	/* code: cut in flight, value: closed quiet */
	MESSAGE_HEAVY,		/* its workers have more memory than BATON_MEMORY; value: bytes */
	MESSAGE_STOPPED,	/* a worker with a terminal was stopped; code: the signal */
	MESSAGE_FIGURE,		/* one number of the loss account; code: enum figure, value: it */
	MESSAGE_CONNECTIONS,	/* it drains; fd: a memfd with its struct roll. The same to ctl, ahead of
				   STATUS and with ASK_CONNECTIONS; code: the service's index */
	MESSAGE_RETIRED,	/* whoever had to end is gone; code: the order */
	MESSAGE_FELL,		/* a worker ended in a generation that serves in part; code: wait status,
				   text: why, fd: last lines; the others go on */
	MESSAGE_SAYS,		/* of itself, a worker; code: its index, value: enum saying, text: its
				   STATUS */
	MESSAGE_MAIN,		/* a worker goes on as another process; code: index, value: pid */
	MESSAGE_EXTEND,		/* it needs longer for what it does; value: so many ms from now on */
	MESSAGE_NAME,		/* text: the next part of a name; also init -> keeper */
	MESSAGE_STORE,		/* fd: to be kept for whoever comes next, text: the end of its name,
				   value: 1 to be dropped when it hangs up */
	MESSAGE_STORE_REMOVE,	/* text: the end of the name of who is to be dropped */

	/* init -> keeper */
	MESSAGE_LISTENER = 32,	/* text: address, code: its index, fd: the generation's slot, value:
				   of which worker that socket is, -1 for all; no fd: it is not to be
				   taken over, let the bind go on untouched */
	MESSAGE_BEGIN,		/* all listeners known so far were sent: start the workers; value: so many
				   of them, 0 for all */
	MESSAGE_PROMOTED,	/* serving, all or a share: from now on restart workers that end; said
				   again when a canary is over */
	MESSAGE_DRAIN,		/* value: milliseconds until the stop signal at the latest; code: which,
				   0 for BATON_STOP_SIGNAL, and DRAIN_SHARED */
	MESSAGE_STOP,		/* send the stop signal now; code: as with DRAIN */
	MESSAGE_KILL,		/* SIGKILL now */
	MESSAGE_SIGNAL,		/* code: forward this signal to the workers; value: 1 to wait no longer
				   for what they left behind */
	MESSAGE_CARRY_TO,	/* fd: a channel to the keeper that connections may be carried to */
	MESSAGE_CARRY_FROM,	/* fd: the other end of it, from a keeper that leaves */

	/* keeper -> keeper, there and back */
	MESSAGE_CARRIED,	/* value: its number, fd: a connection with a request unread in it */
	MESSAGE_DELIVERED,	/* value: its number, code: 0, or errno: it was closed */

	/* init -> keeper, where workers are replaced one at a time */
	MESSAGE_GROW = 48,	/* value: first << 32 | end; the workers first .. end - 1 are to run; code:
				   the number of this order */
	MESSAGE_RETIRE,		/* as GROW, and the others drain and end */

	/* init -> keeper */
	MESSAGE_STORED,		/* fd: one that is kept, text: the end of its name, value: its id */
	MESSAGE_UNSTORED,	/* value: the id of one that is kept no more */

	/* launch -> keeper */
	MESSAGE_FILTER = 64,	/* fd: where the worker's bind calls are answered */
	MESSAGE_NO_FILTER,	/* code: errno; it goes on without */
	MESSAGE_NOT_RUN,	/* code: errno, text: what failed; it ends */

	/* watch -> init */
	MESSAGE_BUILD_STARTED = 72, /* release: its number, text: trigger, fd: its log, as with LOG */
	MESSAGE_BUILT,		/* release: published and whole, wants a handoff; value: ms taken */
	MESSAGE_BUILD_SAME,	/* release: the one it equals; value: ms taken; code: 1 when that is not
				   the live one but what BUILD named */
	MESSAGE_BUILD_FAILED,	/* release: its number, code: wait status, text: why, fd: last lines */
	MESSAGE_LOG,		/* serial: as asked for; release: of which build, value: 1 while it runs, fd:
				   to read what it wrote; no fd: text is why. The same to ctl */

	/* init -> watch */
	MESSAGE_BUILD = 88,	/* build now; text: trigger, release: what equals this one is no news, code: 1
				   when the watcher was started again */
	MESSAGE_IN_USE,		/* release: live, text: all that must stay, "3 7 9"; also store -> init,
				   code: 1 when none is live and what is there can be served */
	MESSAGE_SHOW_LOG,	/* serial: who asks, release: of which build, 0 for the newest */

	/* probe -> init */
	MESSAGE_PROBE_FROM = 96,	/* text: the local address of the next private connection, code: the
				   index of the worker it is for, where each has a socket */
	MESSAGE_PROBE_PASSED,
	MESSAGE_PROBE_FAILED,	/* text: why; the probe goes on trying; of one in its canary: twice in a
				   row, so it is taken out */

	/* init -> probe */
	MESSAGE_PROBE_GO = 104,	/* steered: connect now */

	/* ctl -> init */
	MESSAGE_ASK_STATUS = 112,
	MESSAGE_ASK_RELOAD,	/* code: flags of enum ask */
	MESSAGE_ASK_BUILD,
	MESSAGE_ASK_ROLLBACK,	/* release: which, 0 for the last good one before */
	MESSAGE_ASK_PROMOTE,
	MESSAGE_ASK_READY,
	MESSAGE_ASK_LIVE,
	MESSAGE_ASK_UPGRADE,	/* fd: the binary to become; none: wants MESSAGE_BINARY */
	MESSAGE_ASK_LOG,	/* release: of which build, 0 for the newest; wants MESSAGE_LOG */

	/* init -> ctl */
	MESSAGE_STATUS = 144,	/* fd: a sealed memfd with struct state */
	MESSAGE_STEP,		/* text: what just happened; fd: last lines of who failed, or none */
	MESSAGE_DONE,		/* code: the client's exit status, text: why if it is not 0 */
	MESSAGE_BINARY,		/* fd: a sealed memfd with the path baton was started from */

	/* rehearsal -> init */
	MESSAGE_REHEARSED = 160, /* it would come up; text: its version */
	MESSAGE_REFUSED,	/* text: why it would not */

	/* watch -> warden */
	MESSAGE_BUILD_OUTPUT = 176, /* fd: where the build says what it does */
	MESSAGE_BUILD_BEGIN,	/* release: its number, text: trigger, fd: the builder's channel */

	/* warden -> watch */
	MESSAGE_BUILD_ENDED = 184, /* code: the builder's wait status; nothing of it is left */

	MESSAGE_TYPES
};

/* How a worker came to its socket. */
enum adoption { ADOPTED_NOT, ADOPTED_INJECT, ADOPTED_ENV, ADOPTED_FETCH };

/* What a worker says of itself, as sd_notify(3) has it. */
enum saying { SAYING_NOTHING, SAYING_READY, SAYING_RELOADING, SAYING_STOPPING };

/*
 * What a keeper counts for the loss account. The first ones are counters of its network namespace: as
 * they stood when its workers were started, when it was promoted, and when it ended.
 */
enum figure {
	FIGURE_ACCEPTED_FIRST, FIGURE_ACCEPTED_PROMOTED, FIGURE_ACCEPTED_LAST,	/* PassiveOpens */
	FIGURE_OVERFLOWS_FIRST, FIGURE_OVERFLOWS_LAST,	/* ListenOverflows */
	FIGURE_DROPS_FIRST, FIGURE_DROPS_LAST,		/* ListenDrops */
	FIGURE_OPEN,			/* connections when its drain began, also not accepted ones */
	FIGURE_QUEUE_MS,		/* from then on until its queues were empty ... */
	FIGURE_DRAIN_MS,		/* ... until no connection was left ... */
	FIGURE_STOP_MS,			/* and from the first stop signal until its workers had ended */
	FIGURE_DRAINED,			/* connections that ended by themselves */
	FIGURE_QUIET,			/* that were ended while nothing was on its way */
	FIGURE_CARRIED,			/* ... went on into the next generation, still open */
	FIGURE_CUT,			/* ... and while something was */
	FIGURES
};

/* With the signal of MESSAGE_DRAIN: all generations accept from one queue, as steering does not work. */
enum { DRAIN_SHARED = 256 };

/* What a client of reload, build and rollback waits for, and one of status or of logs wants besides. */
enum ask { ASK_NOW = 1, ASK_DRAINED = 2, ASK_NO_WAIT = 4, ASK_CONNECTIONS = 8, ASK_FOLLOW = 16 };

enum { MESSAGE_TEXT = 104 };

struct message {
	uint32_t type;
	uint32_t serial;		/* generation, 0 for none */
	int32_t release;		/* 0 for none */
	int32_t code;
	int64_t value;
	char text[MESSAGE_TEXT];	/* always with a NUL */
};

_Static_assert(sizeof(struct message) == 128, "another size is another MESSAGE_LANGUAGE");

#endif

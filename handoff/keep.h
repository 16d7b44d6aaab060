/*
 * keep.h - what the rooms of the keeper share: its state, and what each does for the others.
 *
 * keeper.c waits, orders.c hears PID 1, workers.c starts and buries workers, signals.c signals them and
 * what is below them, terminal.c lends them the terminal, calls.c takes the calls that are trapped to
 * binds.c, which answers their bind, and shield.c, which keeps slots listening; given.c knows what
 * they are given, fetch.c gives it to those who ask, voice.c hears what they say, watchdog.c whether
 * they still do, stored.c what they leave for others; background.c finds those that became daemons,
 * leave.c drains and ends, places.c replaces workers one at a time, passage.c lets connections go on
 * into the next generation, reckon.c counts for the loss account.
 */
#ifndef HANDOFF_KEEP_H
#define HANDOFF_KEEP_H

#include <sys/types.h>

#include <stdbool.h>

#include "base/message.h"
#include "base/trap.h"
#include "handoff/adopt.h"
#include "handoff/carry.h"
#include "handoff/connections.h"
#include "handoff/deliver.h"
#include "handoff/deposit.h"
#include "handoff/drain.h"
#include "handoff/keeper.h"
#include "handoff/notify.h"
#include "handoff/roll.h"
#include "handoff/tail.h"
#include "handoff/traits.h"

enum { KEEP_WORKERS = 64, KEEP_LISTENERS = 64, KEEP_ASKED = 16, KEEP_TOLD = 1024,
	KEEP_WISHES = 32 };
enum { FETCH_GUESTS = 64, REASON = 80, GIVEN_MOST = KEEP_LISTENERS + DEPOSITS };

/* A worker that promised to say WATCHDOG=1. Moments are CLOCK_NEVER unless there is one. */
struct watchdog {
	msec period;			/* 0: it promised nothing */
	msec due;			/* it has to have said it by then */
	msec kill_at;			/* what SIGABRT did not end is killed then */
	bool bit;			/* it is being ended */
};

/* A connection to BATON_SOCKET. */
struct guest {
	int socket;			/* -1: free */
	int worker;
};

/* A slot, as environments describe it. */
struct given_slot {
	char address[ADDRESS_TEXT];
	int family;
};

struct worker {
	pid_t pid;			/* 0: not running */
	int channel;			/* of its launch, until the exec; -1 */
	int notify;			/* where its trapped calls are answered; -1 */
	bool bound, ready, signalled;
	bool ended;			/* and not to be started again */
	msec started;
	msec start_at;			/* CLOCK_NEVER unless it waits to be started again */
	msec end_at;			/* killed then, if it had to go by itself; CLOCK_NEVER */
	struct restart restart;
	bool refused;			/* a signal could not be sent to it: said once */
	char not_run[MESSAGE_TEXT];	/* why its program could not be run */

	enum saying saying;		/* what it says of itself */
	char status[NOTICE_STATUS];
	char reason[REASON];		/* what it says, or is said, of why it fails */
	pid_t main;			/* who it says it really is (MAINPID); 0: pid */
	struct watchdog watchdog;
	msec drains_until;		/* 0: it does not drain */
};

/* What the generation has of one listener. */
struct slot {
	struct address address;
	bool given;			/* to a worker that bound, and PID 1 was told */
	bool shared;			/* all workers have the same socket */
	int sockets[KEEP_WORKERS];	/* by worker; -1 where it was not sent */
};

/* A bind that PID 1 was asked about. */
struct asked {
	int worker;			/* DRAIN_NOBODY: free */
	struct bind_call call;
	char text[ADDRESS_TEXT];
};

/* For the loss account. Moments are 0 until they have come. */
struct reckoning {
	bool looked;			/* at its connections, once at least */
	msec queue_empty;		/* its queues were empty for the first time */
	msec alone;			/* the last connection was gone */
	msec asked;			/* the first worker was sent the stop signal */
	uint32_t quiet;			/* open at the last look, nothing in flight, not closed by us */
};

/* What a worker has set on a socket that it has not bound yet. */
struct wish {
	uint64_t inode;			/* of the socket; 0: free */
	bool v6only;
	struct traits traits;
};

enum keep_phase { KEEP_WAITING, KEEP_RUNNING, KEEP_LEAVING, KEEP_ENDING };

struct keeper {
	const struct keeper_config *config;
	enum keep_phase phase;
	bool promoted, announced, told_ready;
	bool injected;			/* a worker's bind was answered with a slot */
	bool not_run;			/* the program could not even be run */
	int terminal;			/* descriptor of the one that worker 0 has; -1 for none */
	int stop_signal;		/* how workers are asked to end */
	struct worker workers[KEEP_WORKERS];
	struct slot slots[KEEP_LISTENERS];
	int slot_count;
	int first, end;			/* the workers that are to run: first .. end - 1 */
	int32_t order;			/* the newest about that; 0: none came */
	bool retiring;			/* the others drain */
	msec ask_at;			/* they are asked to end then; CLOCK_NEVER */
	struct asked asked[KEEP_ASKED];
	struct wish wishes[KEEP_WISHES];
	unsigned next_wish;
	struct tail tail;
	int signals, notify;
	char notify_name[NOTIFY_NAME];
	bool said_foreign;		/* that somebody else speaks there */
	int fetch;			/* where connections are made to; -1 */
	char fetch_name[NOTIFY_NAME];
	struct guest guests[FETCH_GUESTS];
	struct deposits deposits;	/* a copy of PID 1's */
	char naming[NOTICE_NAME];	/* the beginning of the next one's name */
	char **command;			/* pinned to the release */

	struct drain drain;
	struct connections connections;
	struct roll *roll;		/* what others may see of them, or NULL */
	struct carry carry;		/* when it leaves */
	struct deliver deliver;		/* when it serves */
	msec carry_until;		/* what is under way is waited for */
	bool watched;			/* they are open */
	msec weigh_at;			/* next look at their memory, CLOCK_NEVER for none */
	msec look_at;			/* next look at the connections, CLOCK_NEVER for none */
	uint32_t open, in_flight, cut;
	struct reckoning reckoning;
	msec kill_at;			/* what is left below is killed then */
	bool told_all;			/* what was left when the last worker ended was asked to end */
	int told_count;			/* who they were */
	pid_t told[KEEP_TOLD];
	int status;			/* to exit with */
};

/* --- keeper.c --- */

/* One message to PID 1. Its end is ours. */
void keep_tell(struct keeper *k, enum message_type type, int32_t code, int64_t value,
    const char *text, int fd);

/* Is there nobody left below? What has ended is left for workers_reap(). */
bool keep_is_alone(void);

/* --- workers.c --- */

void workers_start(struct keeper *k);
void workers_start_one(struct keeper *k, int index);

/* PID 1 may probe those that are to run; and it hears when all of them have said READY=1. */
void workers_announce(struct keeper *k);
void workers_tell_ready(struct keeper *k);

void workers_reap(struct keeper *k);

/* Start those whose time has come. */
void workers_due(struct keeper *k, msec now);
msec workers_deadline(const struct keeper *k);

/* A launch says something. */
void workers_launch_says(struct keeper *k, int index);

int workers_running(const struct keeper *k);

/* Have they more memory than they should? Then PID 1 is told. */
void workers_weigh(struct keeper *k);

/* A command, not a service as far as anybody knows, that nobody asked to be started again. */
bool workers_are_plain(const struct keeper *k);

/* The worker this process descends from, or DRAIN_NOBODY. */
int workers_of(const struct keeper *k, pid_t pid);

/* --- given.c --- */

/* Is it offered its slots in this way? */
bool given_by_environment(const struct keeper *k);
bool given_by_fetch(const struct keeper *k);

/* All of its descriptors, its slots first; slots gets how many those are. How many there are. */
int given_all(const struct keeper *k, int worker, bool with_slots, int *fds, int *slots);

/* Their names, as LISTEN_FDNAMES has them; and as a fetch is answered. */
void given_names(const struct keeper *k, int worker, int slots, char *to, size_t size);
void given_describe(const struct keeper *k, int worker, int slots, char *to, size_t size);

/* Of its slots alone. */
void given_addresses(const struct keeper *k, int worker, struct given_slot *to);

/* --- fetch.c --- */

void fetch_open(struct keeper *k);
void fetch_accept(struct keeper *k);

/* A guest asks or says something, or leaves. */
void fetch_hear(struct keeper *k, int index);

/* This worker has ended: whoever of it is still connected is so no more. */
void fetch_forget(struct keeper *k, int worker);

/* Tell them how the generation stands. */
void fetch_serving(const struct keeper *k);
void fetch_drains(struct keeper *k, int worker, msec budget);

/* It drained, and is to stay after all. */
void fetch_stays(struct keeper *k, int worker);
void fetch_stops(const struct keeper *k, int worker);

/* --- voice.c --- */

/* Somebody spoke on the notify socket. */
void voice_hear(struct keeper *k);

/* This worker said something. The descriptors stay got's. */
void voice_take(struct keeper *k, int index, struct notified *got);

/* It starts: nothing that it said before counts. */
void voice_begin(struct keeper *k, int index);

/* Whom to signal: the process it says it is (MAINPID), as long as that is one of its own. */
pid_t voice_main(const struct keeper *k, int index);

/* Its process has ended, and it goes on as the one that it named. */
bool voice_goes_on(struct keeper *k, int index);

/* --- watchdog.c --- */

void watchdog_begin(struct keeper *k, int index);

/* Something happened from which on it may be waited for. */
void watchdog_look(struct keeper *k, int index);
void watchdog_look_all(struct keeper *k);
void watchdog_heard(struct keeper *k, int index, const struct notice *n);
void watchdog_due(struct keeper *k, msec now);
msec watchdog_deadline(const struct keeper *k);

/* --- stored.c --- */

/* What came with a notice is to be kept by PID 1; or what is called so, no longer. */
void stored_take(struct keeper *k, int index, struct notified *got);
void stored_remove(struct keeper *k, const struct notice *n);

/* PID 1 has one more (in parts: the beginning of its name first), or one less. */
void stored_name(struct keeper *k, const char *part);
void stored_add(struct keeper *k, const char *end, int64_t id, int fd);
void stored_drop(struct keeper *k, int64_t id);

/* --- signals.c --- */

/* One signal to every worker that runs, or to all of its group; CONT brings the terminal along. */
void signals_forward(struct keeper *k, int signo);

/* The stop signal to one worker, which is woken up for it. */
void signals_stop(struct keeper *k, int index);

/* TERM to all below that was not asked yet; or the end, as far as it can be seen. */
void signals_ask_all(struct keeper *k);
void signals_kill_all(void);

/* --- terminal.c --- */

/* Can worker `index` be given the terminal? Its descriptor, or -1: only if baton has it now. */
int terminal_offered(const struct keeper *k, int index);

/* A worker was stopped by its terminal: whoever started baton is to know. */
void terminal_stopped(struct keeper *k, int index, int signo);

/*
 * The worker that has a terminal goes on, with all of its group, and has the terminal again if baton
 * was given it. False when there is none such.
 */
bool terminal_resume(struct keeper *k);

/* It goes back to baton, whose ^C then ends the service; harmless without one. */
void terminal_give_back(struct keeper *k);

/* --- calls.c --- */

/* Which calls of its workers this keeper answers: a set of enum trap. */
unsigned calls_traps(const struct keeper *k);

/* Which of our slots a descriptor of that process of the worker is, or -1. */
int calls_slot(const struct keeper *k, int worker, pid_t pid, int fd);

/* A trapped call of this worker waits: to whose room it is. */
void calls_receive(struct keeper *k, int index);

/* --- binds.c --- */

/* A bind call of this worker waits, and is answered, or asked about. */
void binds_consider(struct keeper *k, int index, const struct trap_call *asked);

/*
 * PID 1 has said what an address is: whoever waits for that, of all workers (DRAIN_NOBODY) or just
 * this one, is given its socket of that slot, or left alone where there is none.
 */
void binds_answer(struct keeper *k, const char *text, int worker);

/* Can one more bind wait for PID 1? If not, the calls are left where they are, and wait there. */
bool binds_room(const struct keeper *k);

/* This worker has ended: none of its calls waits any more. */
void binds_forget(struct keeper *k, int index);

/* In learn mode: announced when every worker has bound. */
void binds_announce(struct keeper *k);

/* --- shield.c --- */

/*
 * A worker shuts a socket down (TRAP_SHUTDOWN). A slot would leave its group, and the kernel would
 * number the others anew (net/core/sock_reuseport.c: __reuseport_detach_sock): the worker is given a
 * dead socket in its place, and the slot goes on listening for siblings and for whoever has it next.
 */
void shield_consider(struct keeper *k, int index, const struct trap_call *asked);

/* --- reckon.c: each tells PID 1 what is known by then --- */

/* Its workers are about to start; it serves; the drain has looked. */
void reckon_begin(struct keeper *k);
void reckon_promoted(struct keeper *k);
void reckon_look(struct keeper *k, const struct drain_view *view, const struct drain_plan *plan);

/* The stop signal was sent; all workers have ended. */
void reckon_asked(struct keeper *k);
void reckon_end(struct keeper *k);

/* --- passage.c --- */

void passage_prepare(struct keeper *k);

/* A channel from a keeper that leaves, which is ours: closed where no accept can be answered. */
void passage_from(struct keeper *k, int channel);

/* The channel to the next generation's keeper, which is ours. */
void passage_to(struct keeper *k, int channel);

/* Watch those of the connections last looked at that may be carried; look at them. */
void passage_meet(struct keeper *k);
void passage_look(struct keeper *k);

/* It may be carried soon: let it be. */
bool passage_wants(const struct keeper *k, const struct connection *c);

/* A later generation's keeper says something. */
void passage_hear_back(struct keeper *k, int channel);

/* Carry no more; and is nothing under way any more that is to be waited for? */
void passage_end(struct keeper *k);
bool passage_is_over(struct keeper *k);

/* accept(2) and accept4(2), trapped. */
void passage_consider(struct keeper *k, int index, const struct trap_call *asked);

/* --- wishes.c --- */

/* Can the sockets of workers be looked at? Else what they set is noted when they set it. */
bool wishes_are_seen(void);

/* A worker sets an option (TRAP_OPTIONS) that is of use before bind alone, and goes on. */
void wishes_note(struct keeper *k, int index, const struct trap_call *asked);

/* What was set on the socket of this bind. */
struct wish wishes_of(struct keeper *k, const struct bind_call *call);

/* Set the same on the slot; what that cannot have is said, once. */
void wishes_grant(const struct keeper *k, int index, const struct wish *w, int slot);

/* --- paths.c --- */

/*
 * A worker removes a file (TRAP_UNLINK), as servers do with the path of a UNIX socket before they
 * bind it and when they end. That of a listener stays, and the worker is told that it is gone.
 */
void paths_unlink(struct keeper *k, int index, const struct trap_call *asked);

/* A worker connects to a UNIX socket (TRAP_CONNECT): before it has its own, nobody listens there. */
void paths_connect(struct keeper *k, int index, const struct trap_call *asked);

/* --- orders.c --- */

/* One message of PID 1 is there: obey it. Where PID 1 is gone, everybody is killed. */
void orders_hear(struct keeper *k);

/* --- background.c --- */

/*
 * This worker has ended and left somebody behind: the process that is to be it from now on, or 0. Who
 * lost its parent is a child of ours. It is the one that holds the worker's slot, itself or below it;
 * while nobody does, because it binds later, the only one there is.
 */
pid_t background_heir(const struct keeper *k, int index);

/* --- places.c --- */

/* At first so many workers are to run, 0 for all. */
void places_begin(struct keeper *k, int64_t count);

/* Is this one to run? */
bool places_has(const struct keeper *k, int index);

/* PID 1 says which are to run (MESSAGE_GROW, MESSAGE_RETIRE): start those, drain the others. */
void places_grow(struct keeper *k, int32_t order, int64_t range);
void places_retire(struct keeper *k, int32_t order, int64_t range);

/* A worker has ended: was it the last that had to? */
void places_gone(struct keeper *k);

void places_due(struct keeper *k, msec now);
msec places_deadline(const struct keeper *k);

/* --- leave.c --- */

/* Look at the connections of those who leave from now on. 0, or -1 where they cannot be seen. */
int leave_watch(struct keeper *k, msec budget);

/* The stop signal to one worker. */
void leave_ask(struct keeper *k, int index);

/* A worker of a generation that serves in part has ended: say why; the others go on. */
void leave_fell(struct keeper *k, int wait_status, const char *why);

/* shared: the next generation accepts from the same queue. */
void leave_begin(struct keeper *k, msec budget, bool shared);
void leave_look(struct keeper *k);

/* The stop signal now, whatever is in flight. */
void leave_stop(struct keeper *k);

/* A plain command has ended: say how, and end what it left behind. */
void leave_plain(struct keeper *k, int wait_status, const char *why);

/* Whoever asked is asking again: what is left is not waited for any more. */
void leave_hurry(struct keeper *k);

/* The generation has failed: say why, with what its workers wrote last, and end everything. */
void leave_failed(struct keeper *k, int wait_status, const char *why);

/* SIGKILL to everything below, at once. */
void leave_kill(struct keeper *k);

/* All workers have ended: end what they left behind. */
void leave_end(struct keeper *k);

/* Time is over for what is left. */
void leave_due(struct keeper *k, msec now);

#endif

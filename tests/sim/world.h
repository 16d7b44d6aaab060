/*
 * world.h - the invented world around the core: a clock, keepers, queues and people who ask.
 *
 * All of it is one struct without pointers into itself, and all chance in it comes from one seed:
 * the same seed is the same story, step for step. Nothing allocates.
 */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include "handoff/service.h"
#include "tests/sim/agenda.h"
#include "tests/sim/random.h"

enum { KEEPERS = GENERATIONS, SLOTS_MOST = 16, PLACES_MOST = 6 };

/* How much goes wrong in this run, in percent. */
struct mood {
	int bad_release;	/* nothing of it ever comes up */
	int failed_launch;
	int bad_start;		/* this one does not come up */
	int trouble;		/* it came up, and will end by itself */
	int deaf;		/* does not end at the stop signal */
	int wedged;		/* nor when its keeper is told to kill: SIGKILL alone ends it */
	int endless;		/* has streams that never end by themselves */
	int refused;		/* its probe fails or says nothing */
	int sick;		/* its probe fails in its canary */
	int extends;		/* somebody needs longer */
	int late;		/* the deadline is heard of late */
	int jump;		/* ... or very late: the machine slept */
	int repeated;		/* what is said is said again, later */
	int shutdown;		/* of what is asked for */
	int hurry;
	msec pause;		/* between two requests, at most */
};

struct keeper {
	uint32_t serial;	/* 0: the record is free */
	int32_t release;
	int slot;
	bool alive;		/* false: it has ended, and waits to be reaped */
	bool accepts, passed, promoted, leaving;
	bool deaf, wedged, endless;
	int order;		/* the newest about its workers ... */
	msec ordered;
	unsigned wanted, running, ready;	/* ... and these, a bit each */
	msec extended;		/* it asked to have until then, whatever it does */
};

/* The newest request for a handoff, and when it was made. */
struct request {
	uint32_t turn;		/* 0: answered, or none */
	int32_t release;	/* 0: whatever is live */
	msec at, late;
};

struct world {
	uint64_t seed;
	struct random random;
	struct mood mood;
	bool calm;		/* the last part: everyone behaves */
	bool told;		/* print the story */
	msec now;
	msec late;		/* how late was heard of deadlines, all in all */
	msec granted;		/* somebody asked to have until then */
	int64_t steps;
	const char *broken;	/* what must not be and was, or NULL */

	struct service service, before;
	struct plan plan;

	struct agenda agenda;
	struct keeper keepers[KEEPERS];
	int queue[SLOTS_MOST];	/* connections that wait to be accepted */
	int steered;
	int share, share_slot;	/* thousandths of who comes goes there instead */
	int moved, second;	/* the first places, and the slot that they are steered to */
	unsigned excused;	/* places, a bit each, of a worker that was waited for in vain */
	bool barred, ended;
	int32_t newest;		/* release that was built last */
	int32_t published;
	struct request request;

	/* what the checks remember */
	int failures;		/* in a row with nobody live, since a request or a success */
	msec failed_at, first_failed_at;
	msec shutdown_at, shutdown_late;
	bool booted;		/* something was asked for that can be launched */
	bool hurried;		/* since the last request was answered */
	msec step_at, step_late;	/* when the step of the canary that is under way began */
	bool asked_to_end;
	bool killed;		/* somebody, while it ended */

	/* the account */
	int64_t served, lost, refused;
	int64_t promoted, converged, closed, shared;
};

/* Live through one seed for at most so many steps, and then the end in which everyone behaves. */
void world_run(struct world *w, uint64_t seed, int64_t steps);

/* Step the core, check what it decided, make it happen. */
void world_step(struct world *w, const struct event *e);

/* What must not be was: the first one counts. */
void world_break(struct world *w, const char *what);

/* Raise an event at a time from now. */
void world_raise(struct world *w, msec after, struct event event);

#endif

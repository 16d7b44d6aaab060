/*
 * service.h - one command that is kept serving, across generations. PURE.
 *
 * service_step() takes an event and the time and fills a plan: what is to be done, in order. What
 * the service shows (waiting, opening, serving, handing over, closing) is derived from its facts;
 * after each event settle() does the next right thing until there is none. A failed effect comes
 * back as an event. No event, in any order, ends the serving generation before another one serves,
 * while a worker can be had.
 */
#ifndef HANDOFF_SERVICE_H
#define HANDOFF_SERVICE_H

#include "handoff/canary.h"
#include "handoff/event.h"
#include "handoff/generation.h"
#include "handoff/plan.h"
#include "handoff/rolling.h"

enum { GENERATIONS = 12 };

/* How a candidate shows that it is ready (BATON_READY); a set of bits. */
enum ready { READY_BY_NOTIFY = 1, READY_BY_PROBE = 2 };

struct policy {
	struct patience patience;
	unsigned ready;
	int slots;
	int most_draining;		/* BATON_MAX_DRAINING */
	msec retry, retry_most;		/* BATON_RESTART_DELAY */
	int restart_limit;		/* BATON_RESTART_LIMIT: so many failures ... */
	msec restart_window;		/* ... in so long end the service */
	msec grace;			/* BATON_STOP_TIMEOUT: all of shutdown */
	msec lameduck;			/* BATON_LAMEDUCK: unready, but serving, before that */
	bool patient;			/* a new build may mend it: never end because of failures */
	bool plain_ends;		/* a command that never listened ends when it ends */
	bool done_ends;			/* and one that was started again ends when it is done (BATON_RESTART) */
	uint64_t exit_ok[4];		/* by bit: which exit codes mean that (BATON_EXIT_OK) */
	bool silent;			/* one that says nothing has come up when its time is over */
	int places;			/* BATON_STRATEGY=rolling: workers a generation; 0: all are replaced at once */
	msec max_age;			/* BATON_MAX_AGE: renewed when it has served for so long; 0: never */
	struct canary canary;
};

struct service {
	struct policy policy;
	struct generation generations[GENERATIONS];
	uint32_t next_serial;

	/* the facts */
	uint32_t live;			/* serial that serves, 0 for none */
	uint32_t candidate;		/* serial that is to serve, 0 for none */
	int32_t wanted;			/* release */
	struct rolling roll;		/* from live to roll.to */
	uint32_t turn;			/* of the newest request for a handoff; 0: not booted */
	uint32_t settled;		/* the newest turn that was answered: served, or failed */
	int32_t good;			/* release that serves or served last */
	int32_t before;			/* the one before it, for a rollback; 0 for none */
	int steered;			/* slot, NO_SLOT when nobody is let in any more */
	bool listening;			/* has an address */
	bool hurry;			/* the next handoff does not wait for drains */
	uint32_t direct;		/* the newest turn that is to have no canary: going back, renewing, in
					   a hurry */
	int step;			/* of the candidate's canary, from 1 on; 0: nobody has a share */
	msec step_until;		/* CLOCK_NEVER without one */
	bool stopping, ended;
	bool asked;			/* stopping because somebody asked for it */
	bool lame;			/* stopping, but still serving until lame_until */
	msec lame_until;
	msec grace_ends;
	msec retry_at;
	msec renew_at;			/* who serves is old then; CLOCK_NEVER */
	int failures;			/* in a row, without a generation that served in between */
	int failed_in_window;
	msec window_began;
	int status;			/* to end with */

	/* the account */
	uint32_t done, failed;		/* handoffs */
	uint32_t failed_turn;		/* the newest turn that came to nothing */
	int64_t left_behind;		/* connections in queues that nobody accepted */
	msec last_ms;			/* from launch to serving, of the last handoff */
};

void service_begin(struct service *s, const struct policy *p);

/* The only way to change a service. plan is overwritten. */
void service_step(struct service *s, const struct event *e, msec now, struct plan *plan);

/* When EVENT_TICK is due: later than the last step's now, or CLOCK_NEVER. */
msec service_deadline(const struct service *s);

/* Is there anything to go back to? release as in EVENT_ROLLBACK. */
bool service_can_rollback(const struct service *s, int32_t release);

/* NULL for a serial of nobody. */
struct generation *service_find(struct service *s, uint32_t serial);
const struct generation *service_look(const struct service *s, uint32_t serial);

/* waiting, opening, serving, handing over, closing */
const char *service_shown(const struct service *s);

/* The newest predecessor that is kept warm; of this release, and for this turn, unless they are 0. */
struct generation *service_warm(struct service *s, int32_t release, uint32_t turn);

int service_draining(const struct service *s);

/* A slot for a new generation, or NO_SLOT when it has to wait for one. */
int service_free_slot(const struct service *s);

/* Step one of the service's generations and add to the plan what its action asks for. */
void service_apply(struct service *s, struct generation *g, enum generation_event what, msec now,
    struct plan *plan);

/* All new connections go to this slot from here on, and nobody has a share any more. */
void service_steer(struct service *s, int slot, struct plan *plan);

#endif

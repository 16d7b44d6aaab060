/* generation.c - the life of one set of workers. No system calls. */
#include <string.h>

#include "handoff/generation.h"

struct cell {
	bool there;
	enum generation_state to;
	unsigned action;
};

/* A deadline is never now, or nobody would sleep; and who was killed needs a while to be reaped. */
enum { LEAST = 1, KILL_AGAIN = 100 };

#define TO(state, action) { true, GENERATION_##state, action }

/* A missing cell means: stay, do nothing. */
static const struct cell table[GENERATION_STATES][GENERATION_EVENTS] = {
	[GENERATION_STARTING] = {
		[GENERATION_ANNOUNCED]   = TO(STARTING, DO_PROBE),
		[GENERATION_PASSED]      = TO(READY, 0),
		[GENERATION_STOP_WANTED] = TO(STOPPING, DO_STOP),
		[GENERATION_FAILED]      = TO(STOPPING, DO_STOP),
		[GENERATION_EXPIRED]     = TO(STOPPING, DO_STOP),
		[GENERATION_EXITED]      = TO(NONE, DO_RELEASE),
	},
	[GENERATION_READY] = {
		[GENERATION_CHOSEN]      = TO(SERVING, DO_STEER),
		[GENERATION_STOP_WANTED] = TO(DRAINING, DO_DRAIN),
		[GENERATION_FAILED]      = TO(STOPPING, DO_STOP),
		[GENERATION_EXPIRED]     = TO(DRAINING, DO_DRAIN),
		[GENERATION_EXITED]      = TO(NONE, DO_RELEASE),
	},
	[GENERATION_SERVING] = {
		/* kept warm or drained: generation_step looks at the patience */
		[GENERATION_REPLACED]    = TO(DRAINING, DO_DRAIN),
		[GENERATION_STOP_WANTED] = TO(DRAINING, DO_DRAIN),
		[GENERATION_FAILED]      = TO(STOPPING, DO_STOP),
		[GENERATION_EXITED]      = TO(NONE, DO_RELEASE),
	},
	[GENERATION_DRAINING] = {
		[GENERATION_FAILED]      = TO(STOPPING, DO_STOP),
		[GENERATION_EXPIRED]     = TO(STOPPING, DO_STOP),
		[GENERATION_EXITED]      = TO(NONE, DO_RELEASE),
	},
	[GENERATION_STOPPING] = {
		[GENERATION_EXPIRED]     = TO(STOPPING, DO_KILL),
		[GENERATION_EXITED]      = TO(NONE, DO_RELEASE),
	},
};

static msec
at_least(msec least, msec span)
{
	return span > least ? span : least;
}

static msec
limit(enum generation_state state, const struct patience *p)
{
	switch (state) {
	case GENERATION_STARTING:
		return p->ready;
	case GENERATION_READY:
		return p->warm;
	case GENERATION_DRAINING:
		return p->drain;
	case GENERATION_STOPPING:
		return p->stop;
	case GENERATION_NONE:
	case GENERATION_SERVING:
	case GENERATION_STATES:
		break;
	}
	return CLOCK_NEVER;
}

/* The one place where a state changes. */
static void
enter(struct generation *g, enum generation_state to, const struct patience *p, msec now)
{
	/* a candidate waits for its turn; only a predecessor is warm for so long and no longer */
	bool candidate = to == GENERATION_READY && g->state == GENERATION_STARTING;
	bool again = to == GENERATION_STOPPING && g->state == GENERATION_STOPPING;
	msec most = candidate ? CLOCK_NEVER : at_least(again ? KILL_AGAIN : LEAST, limit(to, p));

	g->state = to;
	g->since = now;
	g->deadline = most == CLOCK_NEVER ? CLOCK_NEVER : now + most;
}

void
generation_start(struct generation *g, uint32_t serial, const struct patience *p, msec now)
{
	memset(g, 0, sizeof(*g));
	g->serial = serial;
	g->started = now;
	enter(g, GENERATION_STARTING, p, now);
}

void
generation_hasten(struct generation *g, msec most, msec now)
{
	msec deadline = now + at_least(LEAST, most);

	if (g->state == GENERATION_DRAINING && g->deadline > deadline)
		g->deadline = deadline;
}

void
generation_bound(struct generation *g, msec end, msec now)
{
	if (g->state == GENERATION_STOPPING && g->kills == 0 && g->deadline > end)
		g->deadline = end > now ? end : now + LEAST;
}

void
generation_extend(struct generation *g, msec span, msec now)
{
	bool waited_for = g->state == GENERATION_STARTING || g->state == GENERATION_DRAINING ||
	    g->state == GENERATION_STOPPING;

	if (waited_for && g->kills == 0 && span > 0 && g->deadline < now + span)
		g->deadline = now + span;
}

unsigned
generation_step(struct generation *g, enum generation_event event, const struct patience *p,
    msec now)
{
	const struct cell *c = &table[g->state][event];
	struct cell warm = TO(READY, 0);

	if (!c->there)
		return 0;
	if (event == GENERATION_REPLACED && p->warm > 0)
		c = &warm;
	if (c->to == GENERATION_NONE)
		memset(g, 0, sizeof(*g));
	else if (c->to != g->state || event == GENERATION_EXPIRED)
		enter(g, c->to, p, now);
	if (c->action & DO_KILL)
		g->kills++;
	return c->action;
}

bool
generation_exists(const struct generation *g)
{
	return g->state != GENERATION_NONE;
}

const char *
generation_state_name(enum generation_state state)
{
	static const char *const names[GENERATION_STATES] = {
		[GENERATION_NONE] = "gone",
		[GENERATION_STARTING] = "starting",
		[GENERATION_READY] = "ready",
		[GENERATION_SERVING] = "serving",
		[GENERATION_DRAINING] = "draining",
		[GENERATION_STOPPING] = "stopping",
	};

	return names[state];
}

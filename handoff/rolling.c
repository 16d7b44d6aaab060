/* rolling.c - one worker at a time. No system calls. */
#include <stddef.h>

#include "handoff/failure.h"
#include "handoff/rolling.h"
#include "handoff/service.h"

enum { SLACK = 2000 };	/* ms: a worker is killed by its keeper, and a moment later reaped */

int
rolling_first(const struct service *s)
{
	return s->policy.places > 1 && s->live != 0 ? 1 : 0;
}

bool
rolling_waits(const struct service *s)
{
	int i;

	if (s->policy.places == 0 || s->live == 0)
		return false;
	if (s->roll.whole != 0)
		return true;
	for (i = 0; i < GENERATIONS; i++)
		if (generation_exists(&s->generations[i]) && s->generations[i].serial != s->live)
			return true;
	return false;
}

/* --- what is told ------------------------------------------------------------------------------ */

static void
steer(const struct service *s, const struct generation *to, int moved, struct plan *plan)
{
	struct effect *e = plan_add(plan, EFFECT_STEER);

	e->slot = s->steered;
	e->second = to != NULL ? to->slot : NO_SLOT;
	e->moved = moved;
}

/* Of g just the workers first .. end - 1 are to run. */
static void
order(struct service *s, enum effect_type type, const struct generation *g, int first, int end,
    struct plan *plan)
{
	struct effect *e = plan_add(plan, type);

	e->serial = g->serial;
	e->first = first;
	e->end = end;
	e->code = ++s->roll.order;
}

static void
grow(struct service *s, struct generation *g, int first, int end, msec now, struct plan *plan)
{
	order(s, EFFECT_GROW, g, first, end, plan);
	s->roll.phase = ROLL_GROWS;
	s->roll.deadline = now + s->policy.patience.ready + 1;
}

static void
retire(struct service *s, struct generation *g, int first, int end, msec now, struct plan *plan)
{
	order(s, EFFECT_RETIRE, g, first, end, plan);
	s->roll.phase = ROLL_RETIRES;
	s->roll.deadline = now + s->policy.patience.drain + s->policy.patience.stop + SLACK;
}

/* It has all places, and fewer workers: nothing else rolls before the others are ready. */
static void
complete(struct service *s, struct generation *g, msec now, struct plan *plan)
{
	grow(s, g, 0, s->policy.places, now, plan);
	s->roll.whole = g->serial;
}

/* --- forward ----------------------------------------------------------------------------------- */

/* One more place is the new generation's; its old worker drains. */
static void
move(struct service *s, struct generation *to, msec now, struct plan *plan)
{
	struct generation *live = service_find(s, s->live);

	if (s->roll.moved + 1 == s->policy.places) {
		to->places = 0;		/* with the last one it is chosen */
		return;
	}
	s->roll.moved++;
	steer(s, to, s->roll.moved, plan);
	retire(s, live, s->roll.moved, s->policy.places, now, plan);
}

bool
rolling_goes_on(struct service *s, struct generation *candidate, msec now, struct plan *plan)
{
	if (s->live == 0 || candidate->places == 0)
		return false;
	if (s->roll.to == candidate->serial)
		return true;
	s->roll.to = candidate->serial;
	s->roll.back = false;
	s->roll.moved = 0;
	move(s, candidate, now, plan);
	return true;
}

void
rolling_chosen(struct service *s, struct generation *g, msec now, struct plan *plan)
{
	rolling_forget(s);
	if (g->places != 0)
		complete(s, g, now, plan);
	g->places = 0;
}

void
rolling_forget(struct service *s)
{
	s->roll.to = s->roll.whole = 0;
}

/* --- back -------------------------------------------------------------------------------------- */

/* Everybody goes to the old generation, all of whose workers are to run. */
static void
take_back(struct service *s, msec now, struct plan *plan)
{
	struct generation *live = service_find(s, s->live);

	rolling_forget(s);
	if (live == NULL)
		return;
	steer(s, NULL, 0, plan);
	complete(s, live, now, plan);
}

/* The old generation is whole again. */
static void
finish_back(struct service *s, struct generation *to, msec now, struct plan *plan)
{
	take_back(s, now, plan);
	service_apply(s, to, GENERATION_STOP_WANTED, now, plan);
}

/*
 * The release is blamed. First whoever of it was to be ready and is not ends: then there is room for
 * a worker of the old generation.
 */
static void
turn_round(struct service *s, struct generation *to, msec now, struct plan *plan)
{
	failure_of_candidate(s, to, now);
	s->roll.back = true;
	to->places = s->roll.moved;
	retire(s, to, 0, s->roll.moved, now, plan);
}

static void
move_back(struct service *s, struct generation *to, msec now, struct plan *plan)
{
	s->roll.moved--;
	if (s->roll.moved == 0) {
		finish_back(s, to, now, plan);
		return;
	}
	steer(s, to, s->roll.moved, plan);
	to->places = s->roll.moved;
	retire(s, to, 0, s->roll.moved, now, plan);
}

/* --- what is heard ----------------------------------------------------------------------------- */

static void
retired(struct service *s, struct generation *to, msec now, struct plan *plan)
{
	struct generation *live = service_find(s, s->live);

	if (s->roll.back) {
		grow(s, live, s->roll.moved - 1, s->policy.places, now, plan);
		return;
	}
	to->places = s->roll.moved + 1;
	grow(s, to, 0, to->places, now, plan);
}

/* The place whose worker is to be ready: the next one, or on the way back the last that went. */
static int
awaited(const struct service *s)
{
	return s->roll.back ? s->roll.moved - 1 : s->roll.moved;
}

static void
probe(const struct service *s, const struct generation *g, struct plan *plan)
{
	struct effect *e = plan_add(plan, EFFECT_PROBE);

	e->serial = g->serial;
	e->slot = g->slot;
	e->first = s->roll.whole != 0 ? 0 : awaited(s);
	e->end = s->roll.whole != 0 ? s->policy.places : e->first + 1;
	e->code = s->roll.order;
}

bool
rolling_awaits(const struct service *s, uint32_t serial)
{
	if (s->roll.whole != 0)
		return serial == s->roll.whole;
	return s->roll.to != 0 && s->roll.phase == ROLL_GROWS &&
	    serial == (s->roll.back ? s->live : s->roll.to);
}

static void
grown(struct service *s, struct generation *to, const struct event *e, msec now, struct plan *plan)
{
	if (e->type == EVENT_NOTIFIED && !(s->policy.ready & READY_BY_NOTIFY))
		return;
	if (s->roll.whole != 0)
		s->roll.whole = 0;
	else
		(s->roll.back ? move_back : move)(s, to, now, plan);
}

bool
rolling_hears(struct service *s, struct generation *g, const struct event *e, msec now,
    struct plan *plan)
{
	struct generation *to = service_find(s, s->roll.to);
	bool answers = (to != NULL || s->roll.whole != 0) && e->code == s->roll.order;

	if (e->type == EVENT_WORKER_ENDED && to != NULL && g == to && !s->roll.back) {
		g->status = e->code;
		turn_round(s, g, now, plan);
		return true;
	}
	if (e->type == EVENT_RETIRED) {
		if (answers && to != NULL && s->roll.phase == ROLL_RETIRES)
			retired(s, to, now, plan);
		return true;
	}
	if (!answers || !rolling_awaits(s, g->serial))
		return false;
	if (e->type == EVENT_ANNOUNCED && (s->policy.ready & READY_BY_PROBE))
		probe(s, g, plan);
	else if (e->type == EVENT_NOTIFIED || e->type == EVENT_PROBED)
		grown(s, to, e, now, plan);
	return e->type == EVENT_ANNOUNCED || e->type == EVENT_NOTIFIED || e->type == EVENT_PROBED;
}

msec
rolling_deadline(const struct service *s)
{
	return s->roll.to != 0 || s->roll.whole != 0 ? s->roll.deadline : CLOCK_NEVER;
}

bool
rolling_overdue(const struct service *s, msec now)
{
	return s->roll.to != 0 && !s->roll.back && s->roll.phase == ROLL_GROWS &&
	    s->roll.deadline <= now;
}

/* A worker of who grows may start for longer; one of who retires may drain, and has then still to end. */
void
rolling_extend(struct service *s, uint32_t serial, msec span, msec now)
{
	msec until = now + span + 1;

	if (s->roll.to == 0 && s->roll.whole == 0)
		return;
	if (s->roll.whole == 0 && s->roll.phase == ROLL_RETIRES) {
		if (serial != (s->roll.back ? s->roll.to : s->live))
			return;
		until += s->policy.patience.stop + SLACK;
	} else if (!rolling_awaits(s, serial))
		return;
	if (s->roll.deadline < until)
		s->roll.deadline = until;
}

void
rolling_tick(struct service *s, msec now, struct plan *plan)
{
	struct generation *to = service_find(s, s->roll.to);

	if (s->roll.deadline > now)
		return;
	s->roll.whole = 0;		/* its keeper starts them again until they are */
	if (to == NULL)
		return;
	if (s->roll.phase == ROLL_RETIRES)	/* its keeper has killed it, whatever is left of it */
		retired(s, to, now, plan);
	else if (s->roll.back)			/* it served before, and is started again until it does */
		move_back(s, to, now, plan);
	else
		turn_round(s, to, now, plan);
}

void
rolling_lost(struct service *s, const struct generation *g, msec now, struct plan *plan)
{
	if (s->roll.to != 0 && g->serial == s->roll.to)
		take_back(s, now, plan);
	else if (g->serial == s->live)
		rolling_forget(s);	/* the new one, with however many workers, is chosen next */
}

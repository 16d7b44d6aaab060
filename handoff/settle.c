/* settle.c - the next right thing for a service. No system calls. */
#include <stddef.h>

#include "handoff/canary.h"
#include "handoff/closing.h"
#include "handoff/rolling.h"
#include "handoff/settle.h"

/* Whatever happened, it comes to rest within so many moves; more is a defect of the tables. */
enum { MOVES_MOST = 4 * GENERATIONS };

static struct generation *
free_record(struct service *s)
{
	int i;

	for (i = 0; i < GENERATIONS; i++)
		if (!generation_exists(&s->generations[i]))
			return &s->generations[i];
	return NULL;
}

/* The one that came into a state first. */
static struct generation *
oldest(struct service *s, enum generation_state state)
{
	struct generation *best = NULL, *g;
	int i;

	for (i = 0; i < GENERATIONS; i++) {
		g = &s->generations[i];
		if (g->state == state && g->serial != s->candidate && g->serial != s->roll.to &&
		    (best == NULL || g->since < best->since))
			best = g;
	}
	return best;
}

static void
launch(struct service *s, msec now, struct plan *plan)
{
	struct generation *g = free_record(s);
	int slot = service_free_slot(s);
	struct effect *e;

	generation_start(g, s->next_serial++, &s->policy.patience, now);
	g->release = s->wanted;
	g->turn = s->turn;
	g->slot = slot;
	g->places = rolling_first(s);
	s->candidate = g->serial;
	e = plan_add(plan, EFFECT_LAUNCH);
	e->serial = g->serial;
	e->release = g->release;
	e->slot = slot;
	e->end = g->places;
}

static void
remember_release(struct service *s, int32_t release, struct plan *plan)
{
	if (release != s->good && s->good != 0)
		s->before = s->good;
	if (release != 0)
		plan_add(plan, EFFECT_PUBLISH)->release = release;
	s->good = release;
}

/* g is ready: from this plan on it serves, and the one before it does not. */
static void
choose(struct service *s, struct generation *g, msec now, struct plan *plan)
{
	struct generation *old = service_find(s, s->live);

	service_apply(s, g, GENERATION_CHOSEN, now, plan);
	plan_add(plan, EFFECT_PROMOTED)->serial = g->serial;
	rolling_chosen(s, g, now, plan);
	s->live = g->serial;
	if (s->candidate == g->serial)
		s->candidate = 0;
	if (old != NULL) {
		service_apply(s, old, GENERATION_REPLACED, now, plan);
		s->done++;
		s->last_ms = now - g->started;
	}
	remember_release(s, g->release, plan);
	s->settled = g->turn > s->settled ? g->turn : s->settled;
	if (s->settled == s->turn) {
		s->wanted = g->release;	/* a warm one that took over from a dead one stays */
		s->hurry = false;
	}
	s->failures = 0;
	s->retry_at = now;
	s->renew_at = s->policy.max_age > 0 ? now + s->policy.max_age : CLOCK_NEVER;
}

/* Hurried: the oldest drains no longer. */
static bool
cut_short(struct service *s, msec now, struct plan *plan)
{
	struct generation *g = oldest(s, GENERATION_DRAINING);

	if (!s->hurry || g == NULL)
		return false;
	service_apply(s, g, GENERATION_EXPIRED, now, plan);
	return true;
}

static bool
choose_candidate(struct service *s, msec now, struct plan *plan)
{
	struct generation *g = service_find(s, s->candidate);

	if (g == NULL || g->state != GENERATION_READY)
		return false;
	if (canary_wanted(s, g) && g->turn != s->turn) {
		canary_take_out(s, g, now, plan);	/* the newest request wins */
		return true;
	}
	if (canary_goes_on(s, g, now, plan) || rolling_goes_on(s, g, now, plan))
		return false;
	choose(s, g, now, plan);
	return true;
}

/*
 * A warm generation is as good as a new one, and there at once: any when nobody serves, else the one
 * that is wanted.
 */
static bool
choose_warm(struct service *s, msec now, struct plan *plan)
{
	struct generation *g = service_warm(s, 0, s->live != 0 ? s->turn : 0);

	if (g == NULL)
		return false;
	choose(s, g, now, plan);
	return true;
}

/* With nobody live, whoever comes waits where the candidate will accept. */
static bool
wait_for_candidate(struct service *s, struct plan *plan)
{
	const struct generation *g = service_find(s, s->candidate);

	if (g == NULL || g->slot == s->steered)
		return false;
	service_steer(s, g->slot, plan);
	return true;
}

/* Start the candidate, or make room for it. */
static bool
open_candidate(struct service *s, msec now, struct plan *plan)
{
	struct generation *g;

	if (now < s->retry_at)
		return false;
	/*
	 * Here alone: nobody begins to drain while there is a candidate but a warm one in cool(), and a
	 * candidate that is taken out of its canary, which may be one too many but cannot wait.
	 */
	if (rolling_waits(s) || (s->live != 0 && service_draining(s) >= s->policy.most_draining))
		return cut_short(s, now, plan);
	if (service_free_slot(s) == NO_SLOT || free_record(s) == NULL) {
		if ((g = oldest(s, GENERATION_READY)) == NULL)
			return false;
		service_apply(s, g, GENERATION_STOP_WANTED, now, plan);
		return true;
	}
	launch(s, now, plan);
	return true;
}

/* Who leaves first, of those in one of these states (a set of bits). */
static const struct generation *
first_to_leave(const struct service *s, unsigned states)
{
	const struct generation *best = NULL, *g;
	int i;

	for (i = 0; i < GENERATIONS; i++) {
		g = &s->generations[i];
		if ((states & 1U << g->state) && g->serial != s->live &&
		    (best == NULL || g->deadline < best->deadline))
			best = g;
	}
	return best;
}

const struct generation *
settle_waits_for(const struct service *s)
{
	unsigned draining = 1U << GENERATION_DRAINING, stopping = 1U << GENERATION_STOPPING;

	if (s->turn == 0 || s->stopping || s->live == 0 || s->candidate != 0 || s->settled >= s->turn)
		return NULL;
	if (rolling_waits(s))
		return s->roll.whole != 0 ? service_look(s, s->roll.whole) :
		    first_to_leave(s, draining | stopping);
	if (service_draining(s) >= s->policy.most_draining)
		return first_to_leave(s, draining);
	return service_free_slot(s) == NO_SLOT ? first_to_leave(s, draining | stopping) : NULL;
}

/* Warm for long enough: drained as soon as that is allowed. */
static bool
cool(struct service *s, msec now, struct plan *plan)
{
	struct generation *g = oldest(s, GENERATION_READY);

	if (g == NULL || g->deadline > now || service_draining(s) >= s->policy.most_draining)
		return false;
	service_apply(s, g, GENERATION_EXPIRED, now, plan);
	return true;
}

/* One move. Returns whether there may be another one. */
static bool
move(struct service *s, msec now, struct plan *plan)
{
	if (s->stopping && !s->lame) {
		closing_settle(s, now, plan);
		return false;
	}
	if (s->turn == 0)
		return false;
	if (choose_candidate(s, now, plan))
		return true;
	if (s->live == 0 && (choose_warm(s, now, plan) || wait_for_candidate(s, plan)))
		return true;
	if (s->candidate == 0 && !s->stopping && (s->live == 0 || s->settled < s->turn) &&
	    (choose_warm(s, now, plan) || open_candidate(s, now, plan)))
		return true;
	return cool(s, now, plan);
}

void
settle(struct service *s, msec now, struct plan *plan)
{
	int moves = 0;

	while (move(s, now, plan) && ++moves < MOVES_MOST)
		;
}

/* check.c - the rules that no event, in any order, may break. */
#include <stddef.h>

#include "handoff/settle.h"
#include "tests/sim/check.h"
#include "tests/sim/rolled.h"
#include "tests/sim/promises.h"
#include "tests/sim/queues.h"
#include "tests/sim/transitions.h"

/* The generations themselves: one serves, no two share a slot, no more drain than may. */
static void
check_generations(struct world *w)
{
	const struct service *s = &w->service;
	const struct generation *g;
	unsigned slots = 0;
	int i;

	for (i = 0; i < GENERATIONS; i++) {
		g = &s->generations[i];
		if (!generation_exists(g))
			continue;
		if (g->slot < 0 || g->slot >= s->policy.slots || (slots & 1u << g->slot))
			world_break(w, "two generations own one slot");
		slots |= 1u << g->slot;
		if (g->serial >= s->next_serial)
			world_break(w, "a serial was not given out yet");
		if (g->state == GENERATION_SERVING && g->serial != s->live)
			world_break(w, "a generation serves that is not the live one");
		if (g->state == GENERATION_STARTING && g->serial != s->candidate)
			world_break(w, "a generation starts that is not the candidate");
	}
	/* who fails in its canary does not wait for another to be gone */
	if (service_draining(s) > s->policy.most_draining + (s->policy.canary.count > 0) &&
	    !s->stopping)
		world_break(w, "more generations drain than may");
}

static void
check_live(struct world *w)
{
	const struct service *s = &w->service;
	const struct generation *live = service_look(s, s->live);

	if (s->live == 0)
		return;
	if (live == NULL || live->state != GENERATION_SERVING)
		world_break(w, "the live generation does not serve");
	else if (live->slot != s->steered)
		world_break(w, "clients are steered to somebody who was not chosen");
}

/* A share is for a candidate that has passed, beside somebody who serves; and it is not skipped. */
static void
check_canary(struct world *w, const struct event *e)
{
	const struct service *was = &w->before, *is = &w->service;
	const struct generation *g = service_look(is, is->candidate), *old;
	bool over = was->step == was->policy.canary.count && was->step_until <= w->now;

	if (is->step != 0 && (g == NULL || g->state != GENERATION_READY || is->live == 0))
		world_break(w, "somebody has a share who is no candidate, or nobody serves beside");
	if (is->step != 0 && g != NULL && g->turn != is->turn)
		world_break(w, "a canary goes on although something newer is wanted");
	if ((is->step == 0) != (is->step_until == CLOCK_NEVER))
		world_break(w, "a canary without an end, or an end without a canary");
	old = service_look(was, is->live);
	if (is->live == was->live || was->live == 0 || is->live == 0 || old == NULL ||
	    is->live != was->candidate || is->policy.canary.count == 0)
		return;
	if (old->turn != was->direct && !over && e->type != EVENT_PROMOTE && e->type != EVENT_HURRY &&
	    e->serial != was->live)
		world_break(w, "a candidate serves everybody before its canary is over");
}

static bool
any_warm(const struct service *s)
{
	int i;

	for (i = 0; i < GENERATIONS; i++)
		if (s->generations[i].state == GENERATION_READY)
			return true;
	return false;
}

/* Nothing but its own end, shutdown or a successor ends the serving generation. */
static void
check_never_without(struct world *w, const struct event *e)
{
	const struct service *was = &w->before, *is = &w->service;
	const struct generation *old = service_look(is, was->live);
	bool closing = is->stopping && !is->lame;

	if (closing)
		return;
	if (was->live != 0 && is->live == 0 && old != NULL && old->state != GENERATION_STOPPING)
		world_break(w, "the serving generation was taken away, and nobody is in its place");
	if (was->live != 0 && is->live == 0 && e->serial != was->live)
		world_break(w, "the serving generation was ended by something else");
	if (was->live != is->live && is->live == 0 && e->type != EVENT_EXITED &&
	    e->type != EVENT_FAILED)
		world_break(w, "the serving generation was ended while it lives");
	if (is->live == 0 && any_warm(is))
		world_break(w, "nobody serves, and somebody could");
}

static void
check_counters(struct world *w)
{
	const struct service *was = &w->before, *is = &w->service;

	if (w->plan.overflowed)
		world_break(w, "the plan is too long");
	if (is->next_serial < was->next_serial || is->turn < was->turn ||
	    is->settled < was->settled || is->done < was->done || is->failed < was->failed ||
	    is->failed_turn < was->failed_turn)
		world_break(w, "something that only grows has shrunk");
	if (is->settled > is->turn || is->failed_turn > is->turn)
		world_break(w, "a request was answered that nobody made");
	if (!w->booted && is->next_serial > 1)
		world_break(w, "something was launched before anybody knew what");
	if (was->ended && w->plan.count > 0)
		world_break(w, "something is done after the end");
}

/* Later than the last step, or PID 1 would never sleep. */
static void
check_deadline(struct world *w, const struct event *e)
{
	bool was_due = service_deadline(&w->before) <= w->now;

	if ((e->type == EVENT_TICK || !was_due) && service_deadline(&w->service) <= w->now)
		world_break(w, "a deadline has come already: a busy loop");
}

/* The order of a plan: who is promoted is steered to before the old one is told to drain. */
static void
check_plan(struct world *w)
{
	const struct service *was = &w->before, *is = &w->service;
	uint32_t promoted = 0;
	int i, published = 0, ends = 0;

	for (i = 0; i < w->plan.count; i++) {
		const struct effect *e = &w->plan.effects[i];

		if (e->type == EFFECT_PROMOTED)
			promoted = e->serial;
		published += e->type == EFFECT_PUBLISH;
		ends += e->type == EFFECT_END;
	}
	if (is->live != was->live && is->live != 0 && promoted != is->live)
		world_break(w, "who serves now has not been told");
	if (published > 0 && promoted == 0)
		world_break(w, "a release was published that nobody serves");
	if (ends != (is->ended && !was->ended))
		world_break(w, "the end comes not once");
}

/* All that could be done has been done: to settle once more finds nothing. */
static void
check_settled(struct world *w)
{
	static struct service copy;
	static struct plan plan;

	copy = w->service;
	plan.count = 0;
	settle(&copy, w->now, &plan);
	if (plan.count > 0)
		world_break(w, "the next right thing was left undone");
}

void
check_step(struct world *w, const struct event *e)
{
	check_generations(w);
	check_live(w);
	check_canary(w, e);
	check_never_without(w, e);
	check_counters(w);
	check_deadline(w, e);
	check_plan(w);
	check_settled(w);
	transitions_check(w, e);
	promises_step(w);
	if (w->service.settled == w->service.turn)
		w->hurried = false;
}

void
check_performed(struct world *w)
{
	const struct service *s = &w->service;
	const struct generation *live = service_look(s, s->live);

	queues_check(w);
	rolled_check(w);
	if (!w->barred && s->steered != w->steered)
		world_break(w, "the steering is not what the core takes it for");
	if (w->share != (canary_now(s) != NULL ? canary_now(s)->share : 0))
		world_break(w, "the share is not what the core takes it for");
	if (s->stopping && !s->lame && !w->barred)
		world_break(w, "clients are let in while nobody will serve them");
	if (live != NULL && live->release != 0 && w->published != live->release)
		world_break(w, "the live release is not the one that is served");
}

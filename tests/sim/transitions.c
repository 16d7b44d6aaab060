/* transitions.c - why a generation may change, and what it is told then. */
#include <stddef.h>

#include "tests/sim/keepers.h"
#include "tests/sim/transitions.h"

static bool
planned(const struct world *w, enum effect_type type, uint32_t serial)
{
	int i;

	for (i = 0; i < w->plan.count; i++)
		if (w->plan.effects[i].type == type && w->plan.effects[i].serial == serial)
			return true;
	return false;
}

/* It began to wait for nothing any more, too early for its deadline: somebody wanted that. */
static void
check_cut_short(struct world *w, const struct generation *was, const struct event *e)
{
	bool failed = e->type == EVENT_FAILED && e->serial == was->serial;

	if (was->deadline <= w->now || failed || w->service.stopping)
		return;
	/* it passed too late for its request, and whoever hurries does not wait for it either */
	if (was->state == GENERATION_STARTING && w->hurried &&
	    planned(w, EFFECT_DRAIN, was->serial))
		return;
	if (was->state == GENERATION_STARTING)
		world_break(w, "a candidate was stopped before its time was over");
	if (was->state == GENERATION_DRAINING && !w->hurried)
		world_break(w, "a drain was cut short that nobody hurried");
	if (was->state == GENERATION_STOPPING)
		world_break(w, "it was killed before its time was over");
}

/* Who leaves its start has shown that it can serve; a plain command shows nothing. */
static void
check_ready(struct world *w, const struct generation *was, const struct generation *is)
{
	const struct keeper *k = keepers_find(w, is->serial);
	bool plain = w->service.policy.silent && !w->service.listening;

	if (was->state == GENERATION_STARTING && k != NULL && !k->passed && !plain)
		world_break(w, "somebody was chosen who has not shown to be ready");
}

static void
check_change(struct world *w, const struct generation *was, const struct generation *is,
    const struct event *e)
{
	switch (is->state) {
	case GENERATION_STARTING:
		world_break(w, "a generation started again");
		break;
	case GENERATION_READY:
		check_ready(w, was, is);
		break;
	case GENERATION_SERVING:
		check_ready(w, was, is);
		if (!planned(w, EFFECT_PROMOTED, is->serial))
			world_break(w, "who serves is not told so");
		break;
	case GENERATION_DRAINING:
		if (!planned(w, EFFECT_DRAIN, is->serial))
			world_break(w, "who shall drain is not told so");
		break;
	case GENERATION_STOPPING:
		check_cut_short(w, was, e);
		if (!planned(w, EFFECT_STOP, is->serial))
			world_break(w, "who shall stop is not told so");
		break;
	case GENERATION_NONE:
	case GENERATION_STATES:
		break;
	}
}

static void
check_gone(struct world *w, const struct generation *was, const struct event *e)
{
	if (e->type != EVENT_EXITED || e->serial != was->serial)
		world_break(w, "a generation was forgotten while its keeper is there");
}

static void
check_one(struct world *w, const struct generation *was, const struct generation *is,
    const struct event *e)
{
	if (generation_exists(was) && is->serial != was->serial)
		check_gone(w, was, e);
	if (!generation_exists(was) || is->serial != was->serial)
		return;
	if (is->slot != was->slot || is->release != was->release)
		world_break(w, "a generation became another one");
	if (is->state != was->state)
		check_change(w, was, is, e);
	if (is->kills == was->kills)
		return;
	check_cut_short(w, was, e);
	if (!planned(w, EFFECT_KILL, is->serial))
		world_break(w, "who shall be killed is not");
}

void
transitions_check(struct world *w, const struct event *e)
{
	int i;

	for (i = 0; i < GENERATIONS; i++)
		check_one(w, &w->before.generations[i], &w->service.generations[i], e);
}

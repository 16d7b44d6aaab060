/* canary.c - a share of the connections first. No system calls. */
#include <stddef.h>

#include "handoff/canary.h"
#include "handoff/service.h"

bool
canary_wanted(const struct service *s, const struct generation *g)
{
	return s->policy.canary.count > 0 && s->live != 0 && g->turn != s->direct;
}

const struct canary_step *
canary_now(const struct service *s)
{
	return s->step > 0 && s->step <= s->policy.canary.count ?
	    &s->policy.canary.steps[s->step - 1] : NULL;
}

static void
share(const struct generation *g, const struct canary_step *step, struct plan *plan)
{
	struct effect *e = plan_add(plan, EFFECT_SHARE);

	e->serial = g->serial;
	e->slot = g->slot;
	e->share = step->share;
	e->by_source = step->by_source;
}

bool
canary_goes_on(struct service *s, const struct generation *g, msec now, struct plan *plan)
{
	if (!canary_wanted(s, g))
		return false;
	if (s->step > 0 && now < s->step_until)
		return true;
	s->step++;
	if (canary_now(s) == NULL)
		return false;
	/* a late turn takes nothing away from the next step: it lasts from here on */
	s->step_until = now + canary_now(s)->span;
	share(g, canary_now(s), plan);
	return true;
}

void
canary_cut_short(struct service *s)
{
	if (s->step == 0)
		return;
	s->step = s->policy.canary.count;
	s->step_until = 0;
}

void
canary_end(struct service *s, struct plan *plan)
{
	if (s->step == 0)
		return;
	s->step = 0;
	s->step_until = CLOCK_NEVER;
	plan_add(plan, EFFECT_SHARE);
}

void
canary_take_out(struct service *s, struct generation *g, msec now, struct plan *plan)
{
	canary_end(s, plan);
	s->candidate = 0;
	service_apply(s, g, GENERATION_STOP_WANTED, now, plan);
}

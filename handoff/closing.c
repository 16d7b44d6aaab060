/* closing.c - the end of a service: everybody done within the grace. No system calls. */
#include "handoff/closing.h"
#include "handoff/rolling.h"
#include "handoff/settle.h"

static msec
least(msec a, msec b)
{
	return a < b ? a : b;
}

static msec
most(msec a, msec b)
{
	return a > b ? a : b;
}

void
closing_begin(struct service *s, int status, msec lameduck, msec now)
{
	s->stopping = true;
	s->status = status;
	s->lame = s->live != 0 && lameduck > 0;
	s->lame_until = now + (s->lame ? lameduck : 0);
	s->grace_ends = s->lame_until + s->policy.grace;
}

void
closing_stop_serving(struct service *s, msec now)
{
	s->lame = false;
	s->lame_until = least(s->lame_until, now);
	s->grace_ends = least(s->grace_ends, now + s->policy.grace);
}

struct patience
closing_patience(const struct service *s, msec now)
{
	struct patience p = s->policy.patience;
	msec left = s->grace_ends - now;

	if (!s->stopping)
		return p;
	/* half of it to finish requests, then the signal, and a little to be reaped in */
	p.drain = least(p.drain, most(left / 2, 0));
	p.stop = least(p.stop, most(left * 9 / 10, 0));
	p.warm = 0;
	return p;
}

void
closing_settle(struct service *s, msec now, struct plan *plan)
{
	msec half = (s->grace_ends - now) / 2;
	struct generation *g;
	int i, left = 0;

	if (s->steered != NO_SLOT)
		plan_add(plan, EFFECT_BAR);
	s->steered = NO_SLOT;
	s->step = 0;			/* with the door barred nobody has a share */
	s->step_until = CLOCK_NEVER;
	s->live = s->candidate = 0;
	rolling_forget(s);
	for (i = 0; i < GENERATIONS; i++) {
		g = &s->generations[i];
		left += generation_exists(g);
		if (g->state == GENERATION_STARTING || g->state == GENERATION_READY ||
		    g->state == GENERATION_SERVING)
			service_apply(s, g, GENERATION_STOP_WANTED, now, plan);
		generation_hasten(g, half, now);	/* which drained before that */
		generation_bound(g, s->grace_ends, now);	/* which asked for longer before that */
	}
	if (left == 0 && !s->ended) {
		s->ended = true;
		plan_add(plan, EFFECT_END)->code = s->status;
	}
}

void
closing_asked(struct service *s, msec now, struct plan *plan)
{
	int i;

	if (!s->stopping) {
		closing_begin(s, 0, s->policy.lameduck, now);
		s->asked = true;
		return;
	}
	closing_stop_serving(s, now);
	settle(s, now, plan);
	for (i = 0; i < GENERATIONS; i++)	/* a second time: no more waiting for connections */
		if (s->generations[i].state == GENERATION_DRAINING)
			service_apply(s, &s->generations[i], GENERATION_EXPIRED, now, plan);
}

/* trace.c - tell what happens. */
#include <inttypes.h>
#include <stdio.h>

#include "tests/sim/trace.h"

static const char *const events[EVENT_TYPES] = {
	[EVENT_TICK] = "tick",
	[EVENT_BOOTED] = "booted",
	[EVENT_LISTENING] = "listening",
	[EVENT_WANTED] = "wanted",
	[EVENT_ROLLBACK] = "rollback",
	[EVENT_HURRY] = "hurry",
	[EVENT_PROMOTE] = "promote",
	[EVENT_ANNOUNCED] = "announced",
	[EVENT_NOTIFIED] = "notified",
	[EVENT_PROBED] = "probed",
	[EVENT_PROBE_FAILED] = "probe failed",
	[EVENT_RETIRED] = "retired",
	[EVENT_WORKER_ENDED] = "worker ended",
	[EVENT_HEAVY] = "heavy",
	[EVENT_EXTEND] = "extend",
	[EVENT_FAILED] = "failed",
	[EVENT_EXITED] = "exited",
	[EVENT_SHUTDOWN] = "shutdown",
};

static const char *const effects[] = {
	[EFFECT_LAUNCH] = "launch",
	[EFFECT_PROBE] = "probe",
	[EFFECT_STEER] = "steer",
	[EFFECT_SHARE] = "share",
	[EFFECT_GROW] = "grow",
	[EFFECT_RETIRE] = "retire",
	[EFFECT_PROMOTED] = "promoted",
	[EFFECT_PUBLISH] = "publish",
	[EFFECT_DRAIN] = "drain",
	[EFFECT_STOP] = "stop",
	[EFFECT_KILL] = "kill",
	[EFFECT_FLUSH] = "flush",
	[EFFECT_BAR] = "bar",
	[EFFECT_END] = "end",
};

void
trace_policy(const struct world *w)
{
	const struct policy *p = &w->service.policy;

	printf("seed %" PRIu64 ": ready %u within %" PRId64 ", warm %" PRId64 ", drain %" PRId64
	    " (%d at once), stop %" PRId64 ", %d slots, retry %" PRId64 "..%" PRId64 " (%d in %"
	    PRId64 "), lame duck %" PRId64 ", %d steps%s%s\n", w->seed, p->ready, p->patience.ready,
	    p->patience.warm, p->patience.drain, p->most_draining, p->patience.stop, p->slots,
	    p->retry, p->retry_most, p->restart_limit, p->restart_window, p->lameduck, p->canary.count,
	    p->patient ? ", patient" : "", p->plain_ends ? ", plain" : "");
}

static void
tell_effect(const struct effect *e)
{
	printf("\t\t%s", effects[e->type]);
	if (e->serial != 0)
		printf(" generation %u", e->serial);
	if (e->release != 0)
		printf(" release %d", e->release);
	if (e->slot != NO_SLOT)
		printf(" slot %d", e->slot);
	if (e->type == EFFECT_SHARE)
		printf(" of %d", e->share);
	if (e->span != 0)
		printf(" within %" PRId64, e->span);
	if (e->code != 0)
		printf(" code %d", e->code);
	if (e->end != 0)
		printf(" workers %d..%d", e->first, e->end - 1);
	if (e->moved != 0)
		printf(" first %d to slot %d", e->moved, e->second);
	putchar('\n');
}

static void
tell_generations(const struct service *s)
{
	int i;

	printf("\t%s: live %u, candidate %u, wanted %d, turn %u (%u settled, %u failed), steered %d, "
	    "step %d, due %" PRId64 "\n", service_shown(s), s->live, s->candidate, s->wanted, s->turn,
	    s->settled, s->failed_turn, s->steered, s->step,
	    service_deadline(s) == CLOCK_NEVER ? -1 : service_deadline(s));
	for (i = 0; i < GENERATIONS; i++) {
		const struct generation *g = &s->generations[i];

		if (generation_exists(g))
			printf("\t  %u %s in slot %d, release %d, turn %u, since %" PRId64
			    ", until %" PRId64 ", killed %d\n", g->serial,
			    generation_state_name(g->state), g->slot, g->release, g->turn, g->since,
			    g->deadline == CLOCK_NEVER ? -1 : g->deadline, g->kills);
	}
}

void
trace_step(const struct world *w, const struct event *e)
{
	int i;

	printf("%" PRId64 "\t%s", w->now, events[e->type]);
	if (e->serial != 0)
		printf(" generation %u%s", e->serial,
		    service_look(&w->before, e->serial) == NULL ? " (nobody)" : "");
	if (e->release != 0)
		printf(" release %d", e->release);
	if (e->code != 0)
		printf(" code %d", e->code);
	putchar('\n');
	for (i = 0; i < w->plan.count; i++)
		tell_effect(&w->plan.effects[i]);
	tell_generations(&w->service);
}

/* service.c - one command that is kept serving. No system calls. */
#include <sys/wait.h>

#include <string.h>

#include "handoff/canary.h"
#include "handoff/closing.h"
#include "handoff/failure.h"
#include "handoff/outcome.h"
#include "handoff/rolling.h"
#include "handoff/service.h"
#include "handoff/settle.h"

struct generation *
service_find(struct service *s, uint32_t serial)
{
	int i;

	for (i = 0; i < GENERATIONS; i++)
		if (serial != 0 && s->generations[i].serial == serial)
			return &s->generations[i];
	return NULL;
}

const struct generation *
service_look(const struct service *s, uint32_t serial)
{
	return service_find((struct service *)s, serial);
}

int
service_draining(const struct service *s)
{
	int i, count = 0;

	for (i = 0; i < GENERATIONS; i++)
		count += s->generations[i].state == GENERATION_DRAINING;
	return count;
}

static bool
owned(const struct service *s, int slot)
{
	int i;

	for (i = 0; i < GENERATIONS; i++)
		if (generation_exists(&s->generations[i]) && s->generations[i].slot == slot)
			return true;
	return false;
}

/*
 * With nobody live, clients wait in the steered slot: who comes next takes just that one, even if
 * it has to wait until a failed candidate has left it, so that they are served and not lost.
 */
int
service_free_slot(const struct service *s)
{
	int slot;

	if (s->live == 0)
		return owned(s, s->steered) ? NO_SLOT : s->steered;
	for (slot = 0; slot < s->policy.slots; slot++)
		if (!owned(s, slot))
			return slot;
	return NO_SLOT;
}

void
service_steer(struct service *s, int slot, struct plan *plan)
{
	int left = s->steered;

	if (slot == left)
		return;
	s->steered = slot;
	s->step = 0;
	s->step_until = CLOCK_NEVER;
	plan_add(plan, EFFECT_STEER)->slot = slot;
	if (!owned(s, left))		/* whose generation died: nobody accepts there any more */
		plan_add(plan, EFFECT_FLUSH)->slot = left;
}

static void
perform_actions(struct service *s, struct generation *was, const struct generation *g,
    unsigned actions, const struct patience *p, struct plan *plan)
{
	struct effect *e;

	if (actions & DO_PROBE) {
		e = plan_add(plan, EFFECT_PROBE);
		e->serial = was->serial;
		e->slot = was->slot;
		e->end = was->places;
	}
	if (actions & DO_STEER)
		service_steer(s, was->slot, plan);
	if (actions & DO_DRAIN) {
		e = plan_add(plan, EFFECT_DRAIN);
		e->serial = was->serial;
		e->span = p->drain;
	}
	if (actions & DO_STOP)
		plan_add(plan, EFFECT_STOP)->serial = was->serial;
	if (actions & DO_KILL) {
		e = plan_add(plan, EFFECT_KILL);
		e->serial = was->serial;
		e->code = g->kills;
	}
	if ((actions & DO_RELEASE) && was->slot != s->steered)
		plan_add(plan, EFFECT_FLUSH)->slot = was->slot;
}

void
service_apply(struct service *s, struct generation *g, enum generation_event what, msec now,
    struct plan *plan)
{
	struct patience p = closing_patience(s, now);
	struct generation was = *g;
	unsigned actions = generation_step(g, what, &p, now);

	perform_actions(s, &was, g, actions, &p, plan);
}

static void
on_failed(struct service *s, struct generation *g, msec now, struct plan *plan)
{
	bool rolls = s->roll.to != 0;

	rolling_lost(s, g, now, plan);
	if (g->serial == s->candidate) {
		canary_end(s, plan);
		failure_of_candidate(s, g, now);
	}
	else if (g->serial == s->live && (s->policy.patient || s->stopping || rolls))
		failure_of_live(s, g->status, now);
	else if (g->serial == s->live)
		/* restarted to the limit: the orchestrator shall see it */
		failure_give_up(s, g->status, now);
	service_apply(s, g, GENERATION_FAILED, now, plan);
}

/* A keeper that ends by itself while it serves has ended as its restart policy says. */
static void
on_exited(struct service *s, struct generation *g, int keeper_status, msec now, struct plan *plan)
{
	struct generation was = *g;
	bool by_policy = WIFEXITED(keeper_status), rolls = s->roll.to != 0;

	/* a keeper that did not start or was killed says what its workers could not */
	if (was.status == 0)
		was.status = keeper_status;
	if (was.serial == s->candidate)
		canary_end(s, plan);	/* before its slot is flushed */
	rolling_lost(s, g, now, plan);	/* before its slot is flushed */
	service_apply(s, g, GENERATION_EXITED, now, plan);
	/* in the course of ending, not before that; a plain command's status is its own */
	if (was.kills > 0 && s->listening && s->stopping && was.since > s->lame_until &&
	    s->status == 0)
		s->status = 137;
	/* its keeper was killed, and by nobody who wanted it to end: what it ended with is lost */
	if (WIFSIGNALED(keeper_status) && was.kills == 0 && s->stopping && !s->listening &&
	    s->status == 0)
		s->status = outcome_code(keeper_status);
	if (was.serial == s->candidate)
		failure_of_candidate(s, &was, now);
	else if (was.serial == s->live && by_policy && !s->policy.patient && !s->stopping &&
	    !rolls)
		closing_begin(s, WEXITSTATUS(keeper_status), 0, now);
	else if (was.serial == s->live)
		failure_of_live(s, was.status, now);
}

/* In its canary it was given connections, so it drains: to fail is to finish what it has begun. */
static void
fail_canary(struct service *s, struct generation *g, msec now, struct plan *plan)
{
	if (g->serial != s->candidate || s->step == 0)
		return;
	canary_take_out(s, g, now, plan);
	failure_of_candidate(s, g, now);
}

static void
on_worker_ended(struct service *s, struct generation *g, int status, msec now, struct plan *plan)
{
	g->status = status;
	fail_canary(s, g, now, plan);
	/* a plain command ends with its own status, also when it was asked to end */
	if (s->asked && !s->listening)
		s->status = outcome_code(status);
}

/* The request that a handoff answers: the newest; many become one. */
static void
want(struct service *s, int32_t release, msec now)
{
	if (s->stopping)
		return;
	s->wanted = release;
	s->turn++;
	s->failures = 0;
	s->failed_in_window = 0;
	s->retry_at = now;
}

/* What has served before has nothing to show in a canary, and is wanted at once. */
static void
want_directly(struct service *s, int32_t release, msec now)
{
	want(s, release, now);
	s->direct = s->turn;
}

struct generation *
service_warm(struct service *s, int32_t release, uint32_t turn)
{
	struct generation *best = NULL, *g;
	int i;

	for (i = 0; i < GENERATIONS; i++) {
		g = &s->generations[i];
		if (g->state == GENERATION_READY && g->serial != s->candidate &&
		    g->serial != s->roll.to &&
		    (release == 0 || g->release == release) && (turn == 0 || g->turn == turn) &&
		    (best == NULL || g->since > best->since))
			best = g;
	}
	return best;
}

bool
service_can_rollback(const struct service *s, int32_t release)
{
	return release != 0 || s->before != 0 || s->step > 0 ||
	    service_warm((struct service *)s, 0, 0) != NULL;
}

/* Who served before serves still: the candidate has only a share, and back is to have none of it. */
static void
abandon_canary(struct service *s, msec now, struct plan *plan)
{
	struct generation *live = service_find(s, s->live);

	fail_canary(s, service_find(s, s->candidate), now, plan);
	want(s, live->release, now);
	live->turn = s->settled = s->turn;
}

static void
on_rollback(struct service *s, int32_t release, msec now, struct plan *plan)
{
	/* not the newest warm one: that may be of the release that serves */
	int32_t back = release != 0 ? release : s->before;
	struct generation *g = service_warm(s, back, 0);

	if (s->stopping)
		return;
	if (release == 0 && s->step > 0) {
		abandon_canary(s, now, plan);
		return;
	}
	want_directly(s, back, now);
	if (g == NULL)
		return;
	s->wanted = g->release;
	g->turn = s->turn;
}

/*
 * A command that serves nothing announces nothing: when its time is over it has come up. For one
 * with an address it has failed.
 */
static void
on_overdue(struct service *s, struct generation *g, msec now, struct plan *plan)
{
	if (g->serial == s->candidate && !s->listening && s->live == 0 && s->policy.silent) {
		service_apply(s, g, GENERATION_PASSED, now, plan);
		return;
	}
	service_apply(s, g, GENERATION_EXPIRED, now, plan);
	if (g->serial == s->candidate)
		failure_of_candidate(s, g, now);
}

/* Once in a life, whatever comes of it: a release that fails to come up is not asked for again. */
static void
renew(struct service *s, msec now)
{
	if (s->renew_at > now)
		return;
	s->renew_at = CLOCK_NEVER;
	if (s->live != 0 && s->settled == s->turn)
		want_directly(s, s->wanted, now);
}

/* One that has grown too large; while a handoff is under way that mends it already. */
static void
on_heavy(struct service *s, const struct generation *g, msec now)
{
	if (g->serial == s->live && s->settled == s->turn)
		want_directly(s, s->wanted, now);
}

static void
on_tick(struct service *s, msec now, struct plan *plan)
{
	struct generation *g;
	int i;

	renew(s, now);
	rolling_tick(s, now, plan);
	if (s->lame && s->lame_until <= now)
		closing_stop_serving(s, now);
	for (i = 0; i < GENERATIONS; i++) {
		g = &s->generations[i];
		if (!generation_exists(g) || g->deadline > now)
			continue;
		if (g->state == GENERATION_STARTING)
			on_overdue(s, g, now, plan);
		else if (g->state != GENERATION_READY)	/* warm: see cool() */
			service_apply(s, g, GENERATION_EXPIRED, now, plan);
	}
}

static void
on_generation(struct service *s, struct generation *g, const struct event *e, msec now,
    struct plan *plan)
{
	if (rolling_hears(s, g, e, now, plan))
		return;
	switch (e->type) {
	case EVENT_ANNOUNCED:
		if (s->policy.ready & READY_BY_PROBE)
			service_apply(s, g, GENERATION_ANNOUNCED, now, plan);
		break;
	case EVENT_NOTIFIED:
		if (s->policy.ready & READY_BY_NOTIFY)
			service_apply(s, g, GENERATION_PASSED, now, plan);
		break;
	case EVENT_PROBED:
		service_apply(s, g, GENERATION_PASSED, now, plan);
		break;
	case EVENT_PROBE_FAILED:
		fail_canary(s, g, now, plan);
		break;
	case EVENT_WORKER_ENDED:
		on_worker_ended(s, g, e->code, now, plan);
		break;
	case EVENT_HEAVY:
		on_heavy(s, g, now);
		break;
	case EVENT_EXTEND:
		generation_extend(g, e->code, now);
		rolling_extend(s, g->serial, e->code, now);
		break;
	case EVENT_FAILED:
		g->status = e->code;
		on_failed(s, g, now, plan);
		break;
	case EVENT_EXITED:
		on_exited(s, g, e->code, now, plan);
		break;
	case EVENT_TICK:
	case EVENT_BOOTED:
	case EVENT_LISTENING:
	case EVENT_WANTED:
	case EVENT_ROLLBACK:
	case EVENT_HURRY:
	case EVENT_PROMOTE:
	case EVENT_RETIRED:
	case EVENT_SHUTDOWN:
	case EVENT_TYPES:
		break;
	}
}

static void
on_service(struct service *s, const struct event *e, msec now, struct plan *plan)
{
	switch (e->type) {
	case EVENT_TICK:
		on_tick(s, now, plan);
		break;
	case EVENT_BOOTED:
		if (s->turn == 0)
			want(s, e->release, now);
		break;
	case EVENT_LISTENING:
		s->listening = true;
		break;
	case EVENT_WANTED:
		if (s->turn != 0 || e->release != 0)	/* before boot there is nothing to renew */
			want(s, e->release != 0 ? e->release : s->wanted, now);
		break;
	case EVENT_ROLLBACK:
		on_rollback(s, e->release, now, plan);
		break;
	case EVENT_HURRY:
		s->hurry = s->settled < s->turn;
		if (s->hurry)
			s->direct = s->turn;
		break;
	case EVENT_PROMOTE:
		canary_cut_short(s);
		break;
	case EVENT_SHUTDOWN:
		closing_asked(s, now, plan);
		break;
	case EVENT_ANNOUNCED:
	case EVENT_NOTIFIED:
	case EVENT_PROBED:
	case EVENT_PROBE_FAILED:
	case EVENT_RETIRED:
	case EVENT_WORKER_ENDED:
	case EVENT_HEAVY:
	case EVENT_EXTEND:
	case EVENT_FAILED:
	case EVENT_EXITED:
	case EVENT_TYPES:
		break;
	}
}

void
service_begin(struct service *s, const struct policy *p)
{
	memset(s, 0, sizeof(*s));
	s->policy = *p;
	s->next_serial = 1;
	s->renew_at = s->step_until = CLOCK_NEVER;
}

void
service_step(struct service *s, const struct event *e, msec now, struct plan *plan)
{
	struct generation *g = service_find(s, e->serial);

	plan->count = 0;
	plan->overflowed = false;
	if (e->serial == 0)
		on_service(s, e, now, plan);
	else if (g != NULL)
		on_generation(s, g, e, now, plan);
	settle(s, now, plan);
}

static msec
sooner(msec a, msec b)
{
	return a < b ? a : b;
}

msec
service_deadline(const struct service *s)
{
	msec when = CLOCK_NEVER;
	bool full = service_draining(s) >= s->policy.most_draining;
	int i;

	for (i = 0; i < GENERATIONS; i++) {
		if (!generation_exists(&s->generations[i]))
			continue;
		if (s->generations[i].state == GENERATION_READY && full)
			continue;	/* it waits for a drain, whose own deadline counts */
		when = sooner(when, s->generations[i].deadline);
	}
	if (s->step > 0)
		when = sooner(when, s->step_until);
	when = sooner(when, rolling_deadline(s));
	if (s->lame)
		when = sooner(when, s->lame_until);
	if (!s->stopping)
		when = sooner(when, s->renew_at);
	if (s->turn != 0 && s->live == 0 && s->candidate == 0 && !s->stopping &&
	    service_free_slot(s) != NO_SLOT)
		when = sooner(when, s->retry_at);
	return when;
}

const char *
service_shown(const struct service *s)
{
	if (s->stopping)
		return "closing";
	if (s->live == 0)
		return s->candidate == 0 ? "waiting" : "opening";
	return s->candidate == 0 ? "serving" : "handing over";
}

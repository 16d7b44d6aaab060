/* promises.c - what has to happen in time. */
#include <stddef.h>

#include "tests/sim/keepers.h"
#include "tests/sim/promises.h"

enum { SLACK_MS = 1000, KILLS = 3, KILLS_MOST = 8, KILL_MS = 150 };

/* One that ends: drained, stopped, killed. */
static msec
leaving(const struct policy *p)
{
	return p->patience.drain + KILLS * (p->patience.stop + KILL_MS) + SLACK_MS;
}

static msec
canary(const struct policy *p)
{
	msec all = 0;
	int i;

	for (i = 0; i < p->canary.count; i++)
		all += p->canary.steps[i].span;
	return all;
}

/* Every place moves, and on the way perhaps all of them go back; what drains is waited for before. */
static msec
rolling(const struct policy *p)
{
	return 2 * p->places * (p->patience.ready + p->patience.drain + p->patience.stop +
	    3 * SLACK_MS);
}

/* From a request to its answer. */
static msec
patience(const struct world *w)
{
	const struct policy *p = &w->service.policy;

	/* of the one before and of its own; to begin and to be chosen; one more that was in its canary */
	return 2 * p->patience.ready + 4 * leaving(p) + p->retry_most + p->lameduck +
	    (p->canary.count > 0 ? canary(p) + leaving(p) : 0) + 2 * rolling(p) + SLACK_MS;
}

msec
promises_rest(const struct world *w)
{
	/* all that were kept warm may drain one after the other */
	return patience(w) + w->service.policy.patience.warm +
	    GENERATIONS * leaving(&w->service.policy);
}

static void
check_request(struct world *w)
{
	const struct service *s = &w->service;
	const struct generation *live = service_look(s, s->live);
	struct request *r = &w->request;
	msec since = r->at > w->granted ? r->at : w->granted;

	if (r->turn == 0 || s->stopping)
		return;
	if (live != NULL && live->turn >= r->turn) {
		if (live->turn == r->turn && r->release != 0 && live->release != r->release)
			world_break(w, "another release serves than the one asked for");
		r->turn = 0;
	} else if (s->failed_turn >= r->turn) {
		r->turn = 0;
	} else if (w->now - since - (w->late - r->late) > patience(w)) {
		world_break(w, "a request got no answer in time");
	}
}

void
promises_request(struct world *w, int32_t release)
{
	if (w->service.turn == w->before.turn)
		return;
	w->request = (struct request){ w->service.turn, release, w->now, w->late };
	check_request(w);
}

static bool
launched(const struct world *w)
{
	return w->service.next_serial != w->before.next_serial;
}

/* Nobody serves, and what served or was to serve is gone; nothing newer is wanted. */
static bool
failed_now(const struct world *w)
{
	const struct service *was = &w->before, *is = &w->service;
	const struct generation *g = service_look(was, was->candidate);

	if (is->live != 0)
		return false;
	if (g == NULL)
		return was->live != 0;
	return is->candidate != was->candidate && g->turn == is->turn;
}

static msec
pause_after(const struct policy *p, int failures)
{
	msec pause = p->retry;
	int i;

	for (i = 1; i < failures && pause < p->retry_most; i++)
		pause *= 2;
	return pause < p->retry_most ? pause : p->retry_most;
}

static void
check_back_off(struct world *w)
{
	const struct service *is = &w->service;

	if (is->live != 0 || is->turn != w->before.turn)
		w->failures = 0;
	if (failed_now(w)) {
		w->first_failed_at = w->failures == 0 ? w->now : w->first_failed_at;
		w->failures++;
		w->failed_at = w->now;
	}
	/* the jitter takes up to a quarter of it */
	if (launched(w) && is->live == 0 && w->failures > 0 && w->now <
	    w->failed_at + pause_after(&is->policy, w->failures) * 3 / 4)
		world_break(w, "it was tried again too early");
	if (launched(w) && is->live == 0 && is->failed_turn == is->turn && is->good != 0 &&
	    service_look(is, is->candidate)->release != is->good)
		world_break(w, "what failed is tried again, and not the one that served before");
}

/* The window may have begun anew between them, but not twice. */
static void
check_limit(struct world *w)
{
	const struct policy *p = &w->service.policy;

	if (w->failures / 2 > p->restart_limit && !p->patient && !w->service.stopping &&
	    w->failed_at - w->first_failed_at <= p->restart_window)
		world_break(w, "it fails and fails, and does not give up");
	if (p->patient && w->service.stopping && !w->asked_to_end)
		world_break(w, "it gave up, although the next build may mend it");
}

static void
check_shutdown(struct world *w)
{
	const struct service *s = &w->service;
	const struct policy *p = &s->policy;
	msec most = p->lameduck + p->grace;

	if (!s->stopping || s->ended)
		return;
	if (!w->before.stopping) {
		w->shutdown_at = w->now;
		w->shutdown_late = w->late;
	}
	if (w->now - w->shutdown_at - (w->late - w->shutdown_late) > most + SLACK_MS)
		world_break(w, "it does not end within its grace");
}

/* A step is over when its time is, and nothing but its end moves its end. */
static void
check_canary(struct world *w)
{
	const struct service *was = &w->before, *is = &w->service;
	const struct canary_step *step = canary_now(is);

	if (step == NULL)
		return;
	if (is->step != was->step || is->candidate != was->candidate) {
		w->step_at = w->now;
		w->step_late = w->late;
	}
	if (is->candidate == was->candidate && is->step != was->step + 1 && is->step != was->step)
		world_break(w, "a step of the canary was left out");
	if (is->candidate != was->candidate && is->step > 1)
		world_break(w, "a canary began in the middle");
	if (w->now - w->step_at - (w->late - w->step_late) >= step->span)
		world_break(w, "a step of the canary lasts longer than its span");
}

/* Whoever does not go when told is killed in time. */
static void
check_killed(struct world *w)
{
	const struct policy *p = &w->service.policy;
	const struct keeper *k;
	int i;

	for (i = 0; i < GENERATIONS; i++) {
		const struct generation *g = &w->service.generations[i];

		if (g->state == GENERATION_STOPPING && g->kills > KILLS_MOST)
			world_break(w, "it was killed, and again, and is still there");
		k = keepers_find(w, g->serial);
		if (g->state == GENERATION_STOPPING &&
		    (k == NULL || w->now > k->extended + KILL_MS + SLACK_MS) &&
		    w->now - g->since > p->patience.stop + KILL_MS + SLACK_MS && w->late == 0)
			world_break(w, "it was told to stop, and then forgotten");
	}
}

void
promises_step(struct world *w)
{
	check_request(w);
	check_back_off(w);
	check_limit(w);
	check_shutdown(w);
	check_canary(w);
	check_killed(w);
}

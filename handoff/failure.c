/* failure.c - what to do when nobody can serve, or the candidate cannot. No system calls. */
#include <stddef.h>

#include "handoff/closing.h"
#include "handoff/failure.h"
#include "handoff/outcome.h"

/* Count a failure with nobody live; over the limit there is no use in going on. */
static bool
over_limit(struct service *s, msec now)
{
	if (s->failed_in_window == 0 || now - s->window_began > s->policy.restart_window) {
		s->window_began = now;
		s->failed_in_window = 0;
	}
	s->failed_in_window++;
	if (s->policy.patient)
		return false;
	/* the pauses grow longer than any window: who never served is given up all the same */
	return s->failed_in_window > s->policy.restart_limit ||
	    (s->settled == 0 && s->failures > s->policy.restart_limit);
}

/* Up to a quarter less, by the moment it is, so that many that died together come back apart. */
static msec
jittered(msec delay, msec now)
{
	return delay - now % (delay / 4 + 1);
}

static msec
back_off(const struct service *s)
{
	msec delay = s->policy.retry;
	int i;

	for (i = 1; i < s->failures && delay < s->policy.retry_most; i++)
		delay *= 2;
	return delay < s->policy.retry_most ? delay : s->policy.retry_most;
}

void
failure_give_up(struct service *s, int wait_status, msec now)
{
	int code = outcome_code(wait_status);

	closing_begin(s, code != 0 ? code : 1, 0, now);
}

/* Nobody serves, and the one that was to serve is gone: try again, later, perhaps the good one. */
static void
try_again(struct service *s, int status, msec now)
{
	int code = outcome_code(status);

	s->failures++;
	if (!s->listening && (s->policy.plain_ends ||
	    (s->policy.done_ends && outcome_succeeded(s->policy.exit_ok, code)))) {
		closing_begin(s, code, 0, now);
		return;
	}
	if (over_limit(s, now)) {
		failure_give_up(s, status, now);
		return;
	}
	s->retry_at = now + jittered(back_off(s), now);
}

void
failure_of_candidate(struct service *s, const struct generation *g, msec now)
{
	const struct generation *live = service_look(s, s->live);

	s->candidate = 0;
	s->failed++;
	s->failed_turn = g->turn;
	if (s->stopping || s->turn != g->turn)	/* something newer is wanted: that is next, at once */
		return;
	if (live != NULL) {		/* stay with what serves */
		s->wanted = live->release;
		s->settled = g->turn;
		s->hurry = false;
		return;
	}
	if (s->good != 0)
		s->wanted = s->good;
	try_again(s, g->status, now);
}

void
failure_of_live(struct service *s, int status, msec now)
{
	s->live = 0;
	if (s->stopping)
		closing_stop_serving(s, now);
	else if (s->candidate == 0)
		try_again(s, status, now);
}

/* release.c - when to build. No system calls. */
#include "watcher/release.h"

enum { SLOWEST_MS = 60 * 1000, SHORTEST_HOLD_MS = 10 };

void
release_init(struct release *r)
{
	*r = (struct release){ .first = CLOCK_NEVER, .last = CLOCK_NEVER };
}

static bool
changed(const struct release *r)
{
	return r->first != CLOCK_NEVER;
}

static void
note_change(struct release *r, msec now)
{
	if (!changed(r))
		r->first = now;
	r->last = now;
}

/* The moment at which gathered changes are to be built, whatever runs now. */
static msec
gathered(const struct release *r, const struct release_rules *rules)
{
	msec quiet, most;

	if (!changed(r))
		return CLOCK_NEVER;
	quiet = r->last + rules->delay;
	most = r->first + RELEASE_DELAYS * rules->delay;
	if (quiet < r->held_until)
		quiet = r->held_until;
	if (most < quiet)
		quiet = most;
	return quiet > r->not_before ? quiet : r->not_before;
}

msec
release_deadline(const struct release *r, const struct release_rules *rules)
{
	if (r->running && (r->ending || !rules->busy_restart || r->cuts >= RELEASE_CUTS))
		return CLOCK_NEVER;
	return gathered(r, rules);
}

/*
 * A build that writes into what is watched would start itself for ever. Each one in a row that saw
 * changes while it ran doubles the wait; the first one that saw none ends the row. One that was
 * ended for a change says nothing about itself.
 */
static void
judge_loop(struct release *r, const struct release_rules *rules, msec now)
{
	msec wait = rules->delay;
	int i;

	if (r->ending)
		return;
	r->loops = changed(r) ? r->loops + 1 : 0;
	if (r->loops <= RELEASE_LOOPS)
		return;
	for (i = RELEASE_LOOPS; i < r->loops && wait < SLOWEST_MS; i++)
		wait *= 2;
	r->not_before = now + (wait < SLOWEST_MS ? wait : SLOWEST_MS);
}

static void
note_end(struct release *r, const struct release_rules *rules, msec now)
{
	judge_loop(r, rules, now);
	r->cuts = r->ending ? r->cuts + 1 : 0;
	r->running = r->ending = false;
}

/* Not while a build runs: it may have seen the sources on their way there and back. */
static void
forget(struct release *r)
{
	if (r->running)
		return;
	r->first = r->last = CLOCK_NEVER;
	r->held_until = 0;
}

/* A tenth of the delay, so that what was waited for is soon seen to be over. */
static void
hold(struct release *r, const struct release_rules *rules, msec now)
{
	msec step = rules->delay / RELEASE_DELAYS;

	r->held_until = now + (step > SHORTEST_HOLD_MS ? step : SHORTEST_HOLD_MS);
}

bool
release_may_hold(const struct release *r, const struct release_rules *rules, msec now)
{
	return changed(r) && now < r->first + RELEASE_DELAYS * rules->delay;
}

static enum release_action
begin(struct release *r)
{
	r->running = true;
	r->asked = false;
	r->first = r->last = CLOCK_NEVER;
	r->held_until = r->not_before = 0;
	return RELEASE_BUILD;
}

static enum release_action
settle(struct release *r, const struct release_rules *rules, msec now)
{
	if (now >= release_deadline(r, rules)) {
		if (!r->running)
			return begin(r);
		r->ending = true;
		return RELEASE_END;
	}
	return r->asked && !r->running ? begin(r) : RELEASE_STAY;
}

enum release_action
release_step(struct release *r, const struct release_rules *rules, enum release_event event,
    msec now)
{
	switch (event) {
	case RELEASE_CHANGED:
		note_change(r, now);
		break;
	case RELEASE_ASKED:
		r->asked = true;
		break;
	case RELEASE_SAME:
		forget(r);
		break;
	case RELEASE_HELD:
		hold(r, rules, now);
		break;
	case RELEASE_ENDED:
		note_end(r, rules, now);
		r->lost = 0;
		break;
	case RELEASE_LOST:
		note_end(r, rules, now);
		if (++r->lost <= RELEASE_LOSSES)
			note_change(r, now);
		else
			r->lost = 0;
		break;
	case RELEASE_TIME:
		break;
	}
	return settle(r, rules, now);
}

enum release_state
release_state(const struct release *r)
{
	if (r->running)
		return r->ending ? RELEASE_ENDING : RELEASE_BUILDING;
	return changed(r) ? RELEASE_WAITING : RELEASE_IDLE;
}

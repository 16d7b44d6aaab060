/* drain.c - which connections may be closed, and when workers may be asked to stop. No system calls. */
#include <string.h>

#include "handoff/drain.h"

enum {
	LOOK_SOONEST = 5, LOOK_FINE = 20, LOOK_LATEST = 100,	/* ms */
	/* of the budget (percent): by then the silence asked for is the shortest */
	SHORTEST_BY = 90,
	SHORTEST_RHYTHM = 10,		/* ms; a quicker one cannot be met */
	/* a request whose answer cannot be told from it may take so many times `quiet` */
	UNSURE_QUIETS = 10,
	/* ms after the queue was seen empty; later on whom nobody holds is the next generation's */
	SETTLING = 100,
	/* ms: a worker that has not closed by then does not look for the end */
	LINGER = 1000,
	/*
	 * A connection without a request yet is waited for so many times as long: the first packet after a
	 * handshake, when it is lost, is sent again after a second and more (RFC 6298).
	 */
	UNUSED_QUIETS = 4,
};

void
drain_begin(struct drain *d, msec budget, msec quiet, bool can_close, msec now)
{
	memset(d, 0, sizeof(*d));
	d->start = d->queued = now;
	d->budget = budget;
	d->quiet = quiet;
	d->can_close = can_close;
}

void
drain_carry(struct drain *d, const struct drain *last)
{
	d->seen = last->seen;
	d->closed = last->closed;
	d->cut = last->cut;
	d->late = last->late;
}

void
drain_extend(struct drain *d, msec span, msec now)
{
	if (d->start + d->budget < now + span)
		d->budget = now + span - d->start;
}

msec
drain_threshold(const struct drain *d, msec now)
{
	msec budget = d->budget * SHORTEST_BY / 100;
	msec left = d->start + budget - now, step = budget / 2, quiet = d->quiet;

	for (; left <= step && quiet > DRAIN_SHORTEST_QUIET; step /= 2)
		quiet /= 2;
	return quiet > DRAIN_SHORTEST_QUIET ? quiet : DRAIN_SHORTEST_QUIET;
}

static bool
leaves(const struct connection *c)
{
	return c->pid != 0 && !c->stays;
}

/* --- connections ------------------------------------------------------------------------------ */

static bool
is_in_flight(const struct drain *d, const struct connection *c)
{
	if (c->habit.unsure && connection_quiet(c) > d->quiet * UNSURE_QUIETS)
		return c->unread > 0 || c->unsent > 0;
	return connection_in_flight(c);
}

/*
 * A client that asks several times a second is not silent for so long before the time is nearly over,
 * and to close it then is no safer than now; but now there is time for those who are in the middle of
 * a long request just then. One that overlaps its requests has no rhythm, and waits.
 */
static msec
silence_for(const struct drain *d, const struct connection *c, msec now)
{
	msec threshold = drain_threshold(d, now), rhythm = connection_rhythm(c);

	if (c->bytes_received == 0)
		return threshold * UNUSED_QUIETS;
	if (rhythm == 0 || rhythm >= threshold)
		return threshold;
	return rhythm > SHORTEST_RHYTHM ? rhythm : DRAIN_SHORTEST_QUIET;
}

static bool
is_quiet(const struct drain *d, const struct connection *c, msec now)
{
	return !is_in_flight(d, c) && !connection_streams(c) &&
	    connection_quiet(c) >= silence_for(d, c, now);
}

/* Closed by us, and its worker does not care. */
static bool
lingers(const struct drain *d, const struct connection *c, msec now)
{
	return c->habit.closed && now - c->habit.closed_at > LINGER && is_quiet(d, c, now);
}

/* Streams end one by one, the oldest first, over what is left of the budget, not all in one instant. */
static bool
is_turn_of_stream(struct drain *d, const struct connection *c, uint32_t streams, msec now)
{
	msec end = d->start + d->budget;

	if (now < d->start + d->budget * SHORTEST_BY / 100 || now < d->next_stream ||
	    !connection_streams(c) || is_in_flight(d, c))
		return false;
	d->next_stream = now + (end > now ? (end - now) / (streams + 1) : 0);
	return true;
}

/* --- what is to be done ----------------------------------------------------------------------- */

static msec
sooner(msec a, msec b)
{
	return a < b ? a : b;
}

/* When this connection is worth another look. */
static msec
patience_with(const struct drain *d, const struct connection *c, msec now)
{
	msec silence = silence_for(d, c, now), quiet = connection_quiet(c);
	msec fine = drain_threshold(d, now) > 4 * LOOK_FINE ? LOOK_FINE : LOOK_SOONEST;

	if (!is_in_flight(d, c) && quiet < silence)
		return silence - quiet;
	if (lingers(d, c, now) || (!d->can_close && is_quiet(d, c, now)))
		return LOOK_LATEST;	/* nothing is to be done about this one */
	/* what has been silent for long is looked at less often */
	return quiet / 10 > fine ? quiet / 10 : fine;
}

static void
learn(struct drain *d, struct connection *c, msec now)
{
	bool was_late = c->habit.late;

	d->seen += !c->habit.seen;
	connection_learn(c, now);
	d->late += c->habit.late && !was_late;
}

static void
close_it(struct connection *c, struct drain_plan *plan, uint32_t *account, msec now)
{
	c->close_now = c->habit.closed = true;
	c->habit.closed_at = now;
	plan->closing++;
	(*account)++;
}

static void
count(const struct drain *d, const struct drain_view *view, struct drain_plan *plan)
{
	size_t i;

	for (i = 0; i < view->count; i++) {
		const struct connection *c = &view->connections[i];

		if (!leaves(c))
			continue;
		plan->open++;
		plan->in_flight += is_in_flight(d, c);
		plan->streams += connection_streams(c) && !c->habit.closed;
	}
}

static void
close_quiet(struct drain *d, struct drain_view *view, msec now, struct drain_plan *plan)
{
	size_t i;

	for (i = 0; i < view->count; i++) {
		struct connection *c = &view->connections[i];

		c->close_now = false;
		if (!leaves(c))
			continue;
		plan->look_again = sooner(plan->look_again, patience_with(d, c, now));
		if (!d->can_close || c->habit.closed)
			continue;
		if (is_quiet(d, c, now) && !connection_expects(c))
			close_it(c, plan, &d->closed, now);
		else if (is_turn_of_stream(d, c, plan->streams, now))
			close_it(c, plan, &d->cut, now);
	}
}

/* Is there nothing left that we could wait for? */
static bool
all_done(const struct drain *d, const struct drain_view *view, msec now)
{
	size_t i;

	for (i = 0; i < view->count; i++) {
		const struct connection *c = &view->connections[i];

		if (leaves(c) && !(d->can_close ? lingers(d, c, now) : is_quiet(d, c, now)))
			return false;
	}
	return true;
}

/* Accepted, and held by nobody yet: accept gives a connection its inode a little before a descriptor. */
static bool
may_be_ours(const struct drain *d, const struct drain_view *view, msec now)
{
	size_t i;

	if (now - d->queued >= SETTLING)
		return false;
	for (i = 0; i < view->count; i++)
		if (view->connections[i].pid == 0 && !view->connections[i].looked_for)
			return true;
	return false;
}

/*
 * A worker that handles the signal well closes its idle connections into the faces of busy clients;
 * one that does not takes all of them with it; and which kind it is cannot be seen (Node has a
 * handler and dies all the same). So with nothing open it is asked at once; where we can close, we
 * wait until we have; where we cannot, until all is quiet, and near the end for any instant without
 * a request. Where the queue is everybody's it is asked at any such instant, as long as it is not it
 * goes on accepting. PID 1 has the last word, at the end of the budget.
 */
static bool
may_ask(const struct drain *d, const struct drain_view *view, const struct drain_plan *plan,
    msec now)
{
	bool late = now >= d->start + d->budget * SHORTEST_BY / 100;
	bool any_instant = d->shared || (late && !d->can_close);

	if (view->queue > 0 && !d->shared)
		return false;
	if (may_be_ours(d, view, now))
		return false;
	return all_done(d, view, now) ||
	    (any_instant && plan->in_flight == 0 && plan->streams == 0);
}

static bool
ask_workers(const struct drain *d, struct drain_view *view, struct drain_plan *plan, msec now)
{
	bool all = true, now_is_good = may_ask(d, view, plan, now);
	size_t i;

	for (i = 0; i < view->worker_count; i++) {
		struct drain_worker *w = &view->workers[i];

		w->signal_now = !w->signalled && now_is_good;
		all = all && (w->signalled || w->signal_now);
	}
	return all;
}

static enum drain_waits
waits_for(const struct drain_view *view, const struct drain_plan *plan)
{
	if (view->queue > 0)
		return DRAIN_WAITS_QUEUE;
	if (plan->in_flight > 0)
		return DRAIN_WAITS_FLIGHT;
	return plan->streams > 0 && plan->streams == plan->open ? DRAIN_WAITS_STREAMS :
	    DRAIN_WAITS_QUIET;
}

void
drain_observe(struct drain *d, struct drain_view *view, msec now, struct drain_plan *plan)
{
	bool all;
	size_t i;

	*plan = (struct drain_plan){ .look_again = LOOK_LATEST };
	for (i = 0; i < view->count; i++)
		if (leaves(&view->connections[i]))
			learn(d, &view->connections[i], now);
	if (view->queue > 0)
		d->queued = now;
	count(d, view, plan);
	close_quiet(d, view, now, plan);
	all = ask_workers(d, view, plan, now);
	plan->waits_for = all ? DRAIN_WAITS_EXIT : waits_for(view, plan);
	if (view->queue > 0 || may_be_ours(d, view, now))
		plan->look_again = LOOK_SOONEST;
	if (plan->look_again < LOOK_SOONEST)
		plan->look_again = LOOK_SOONEST;
	/* asked, they end by themselves; only what they still close is worth a look now and then */
	plan->look_again = all && plan->open == 0 ? CLOCK_NEVER : now + plan->look_again;
}

enum drain_kind
drain_kind(const struct drain *d, const struct connection *c)
{
	if (c->habit.closed)
		return DRAIN_CLOSED;
	if (connection_streams(c))
		return DRAIN_STREAM;
	return is_in_flight(d, c) ? DRAIN_IN_FLIGHT : DRAIN_QUIET;
}

void
drain_refused(struct drain *d, struct connection *c, bool for_ever)
{
	c->habit.closed = false;
	if (connection_streams(c))
		d->cut--;
	else
		d->closed--;
	if (for_ever)
		d->can_close = false;
}

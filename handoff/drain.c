/* drain.c - which connections may be closed, and when workers may be asked to stop. No system calls. */
#include <string.h>

#include "handoff/drain.h"

enum {
	LOOK_SOONEST = 5, LOOK_LATEST = 100, LOOK_FLIGHT = 20,	/* ms */
	/* of its usual gap (percent): after this a request is about to come ... */
	GAP_SAFE = 60,
	/* ... and after this it has stopped coming */
	GAP_OVER = 150,
	/* of the budget (percent): by then the silence asked for is the shortest */
	SHORTEST_BY = 90,
};

void
drain_begin(struct drain *d, msec budget, msec quiet, bool can_close, msec now)
{
	memset(d, 0, sizeof(*d));
	d->start = now;
	d->budget = budget;
	d->quiet = quiet;
	d->can_close = can_close;
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

/* --- what a connection does ------------------------------------------------------------------- */

/* The ages tell which came last; in one tick of the kernel's clock they are equal and do not. */
static void
first_look(struct connection *c)
{
	c->habit.seen = true;
	c->habit.pending = c->bytes_received > 0 && c->received_ago < c->sent_ago;
}

static void
remember_gap(struct habit *h, msec gap)
{
	if (gap <= 0)
		return;
	if (h->shortest_gap == 0 || gap < h->shortest_gap)
		h->shortest_gap = gap;
	if (gap > h->longest_gap)
		h->longest_gap = gap;
}

static void
next_look(struct drain *d, struct connection *c, msec now)
{
	struct habit *h = &c->habit;
	bool received = c->bytes_received > h->bytes_received;
	bool sent = c->bytes_sent > h->bytes_sent;

	if (received && !h->pending)
		remember_gap(h, now - c->received_ago - h->last_sent);
	if (received && h->closed && !h->late) {
		h->late = true;
		d->late++;
	}
	if (received)
		h->stream = false;
	else if (sent && !h->pending && c->sent_ago < c->received_ago)
		h->stream = true;
	if (received && (!sent || c->received_ago < c->sent_ago))
		h->pending = true;
	else if (sent)
		h->pending = false;
}

static void
learn(struct drain *d, struct connection *c, msec now)
{
	struct habit *h = &c->habit;

	if (!h->seen)
		first_look(c);
	else
		next_look(d, c, now);
	h->bytes_received = c->bytes_received;
	h->bytes_sent = c->bytes_sent;
	h->last_sent = now - c->sent_ago;
}

static bool
is_in_flight(const struct connection *c)
{
	return c->habit.pending || c->unread > 0 || c->unsent > 0;
}

static msec
quiet_for(const struct connection *c)
{
	return c->received_ago < c->sent_ago ? c->received_ago : c->sent_ago;
}

/*
 * Closing races with the client's next request. A client that is used to come again after a while
 * is closed soon after its last response, or when it has not come for longer than it ever took.
 */
static bool
is_expected(const struct connection *c)
{
	const struct habit *h = &c->habit;
	msec quiet = quiet_for(c);

	return h->longest_gap > 0 && quiet * 100 > h->shortest_gap * GAP_SAFE &&
	    quiet * 100 < h->longest_gap * GAP_OVER;
}

static bool
may_close(const struct drain *d, const struct connection *c, msec now)
{
	return !is_in_flight(c) && !c->habit.stream && !c->habit.closed &&
	    quiet_for(c) >= drain_threshold(d, now) && !is_expected(c);
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
	msec wait = drain_threshold(d, now) - quiet_for(c);

	if (is_in_flight(c) || wait <= 0)
		return drain_threshold(d, now) > 4 * LOOK_FLIGHT ? LOOK_FLIGHT : LOOK_SOONEST;
	return wait;
}

static void
look_at_connections(struct drain *d, struct drain_view *view, msec now, struct drain_plan *plan)
{
	size_t i;

	for (i = 0; i < view->count; i++) {
		struct connection *c = &view->connections[i];

		c->close_now = false;
		if (c->pid == 0)
			continue;
		learn(d, c, now);
		plan->open++;
		plan->in_flight += is_in_flight(c);
		plan->streams += c->habit.stream;
		if (d->can_close && may_close(d, c, now)) {
			c->close_now = c->habit.closed = true;
			plan->closing++;
			d->closed++;
		}
		plan->look_again = sooner(plan->look_again, patience_with(d, c, now));
	}
}

/* Is everything that is open quiet for long enough? */
static bool
all_quiet(const struct drain *d, const struct drain_view *view, msec now)
{
	size_t i;

	for (i = 0; i < view->count; i++) {
		const struct connection *c = &view->connections[i];

		if (c->pid != 0 && (is_in_flight(c) || c->habit.stream ||
		    quiet_for(c) < drain_threshold(d, now)))
			return false;
	}
	return true;
}

/*
 * A worker that handles the signal well closes its idle connections into the faces of busy clients;
 * one that does not takes all of them with it; and which kind it is cannot be seen (Node has a
 * handler and dies all the same). So with nothing open it is asked at once; where we can close, we
 * wait until we have; where we cannot, until all is quiet. PID 1 has the last word, at the end of
 * the budget.
 */
static bool
may_ask(const struct drain *d, const struct drain_view *view, const struct drain_plan *plan,
    msec now)
{
	if (view->queue > 0)
		return false;
	return plan->open == 0 || (!d->can_close && all_quiet(d, view, now));
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

	*plan = (struct drain_plan){ .look_again = LOOK_LATEST };
	look_at_connections(d, view, now, plan);
	all = ask_workers(d, view, plan, now);
	plan->waits_for = all ? DRAIN_WAITS_EXIT : waits_for(view, plan);
	if (view->queue > 0)
		plan->look_again = LOOK_SOONEST;
	if (plan->look_again < LOOK_SOONEST)
		plan->look_again = LOOK_SOONEST;
	/* asked, they end by themselves; only what they still close is worth a look now and then */
	plan->look_again = all && plan->open == 0 ? CLOCK_NEVER : now + plan->look_again;
}

void
drain_refused(struct drain *d, struct connection *c, bool for_ever)
{
	c->habit.closed = false;
	d->closed--;
	if (for_ever)
		d->can_close = false;
}

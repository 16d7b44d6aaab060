/* reckon.c - what the keeper counts for the loss account. */
#include "handoff/counters.h"
#include "handoff/keep.h"

static void
tell(struct keeper *k, enum figure which, int64_t value)
{
	if (value >= 0)
		keep_tell(k, MESSAGE_FIGURE, (int32_t)which, value, "", -1);
}

void
reckon_begin(struct keeper *k)
{
	struct counters c;

	if (k->config->serial == 1)	/* it replaces nobody, and a plain command is not to wait */
		return;
	counters_read(&c);
	tell(k, FIGURE_ACCEPTED_FIRST, c.accepted);
	tell(k, FIGURE_OVERFLOWS_FIRST, c.overflows);
	tell(k, FIGURE_DROPS_FIRST, c.drops);
}

void
reckon_promoted(struct keeper *k)
{
	struct counters c;

	if (k->config->serial == 1)
		return;
	counters_read(&c);
	tell(k, FIGURE_ACCEPTED_PROMOTED, c.accepted);
}

void
reckon_look(struct keeper *k, const struct drain_view *view, const struct drain_plan *plan)
{
	struct reckoning *r = &k->reckoning;
	msec now = clock_now();
	size_t i;

	if (!r->looked)
		tell(k, FIGURE_OPEN, (int64_t)plan->open + view->queue);
	r->looked = true;
	if (view->queue == 0 && r->queue_empty == 0)
		r->queue_empty = now;
	r->alone = plan->open > 0 || view->queue > 0 ? 0 : r->alone == 0 ? now : r->alone;
	r->quiet = 0;
	for (i = 0; i < view->count; i++)
		r->quiet += view->connections[i].pid != 0 && !view->connections[i].habit.closed;
	r->quiet -= plan->in_flight < r->quiet ? plan->in_flight : r->quiet;
}

void
reckon_asked(struct keeper *k)
{
	if (k->reckoning.asked == 0)
		k->reckoning.asked = clock_now();
}

static void
tell_drain(struct keeper *k, msec now)
{
	const struct reckoning *r = &k->reckoning;
	const struct drain *d = &k->drain;
	int64_t cut = (int64_t)k->cut + d->cut + d->late + k->carry.lost;
	int64_t carried = (int64_t)k->carry.carried + carry_underway(&k->carry);
	int64_t quiet = (int64_t)d->closed - d->late + r->quiet;

	tell(k, FIGURE_QUEUE_MS, (r->queue_empty != 0 ? r->queue_empty : now) - d->start);
	tell(k, FIGURE_DRAIN_MS, (r->alone != 0 ? r->alone : now) - d->start);
	tell(k, FIGURE_DRAINED, d->seen > quiet + cut + carried ? d->seen - quiet - cut - carried :
	    0);
	tell(k, FIGURE_CARRIED, carried);
	tell(k, FIGURE_QUIET, quiet);
	tell(k, FIGURE_CUT, cut);
}

void
reckon_end(struct keeper *k)
{
	msec now = clock_now();
	struct counters c;

	if (k->reckoning.looked)
		tell_drain(k, now);
	if (k->reckoning.asked != 0)
		tell(k, FIGURE_STOP_MS, now - k->reckoning.asked);
	counters_read(&c);
	tell(k, FIGURE_ACCEPTED_LAST, c.accepted);
	tell(k, FIGURE_OVERFLOWS_LAST, c.overflows);
	tell(k, FIGURE_DROPS_LAST, c.drops);
}

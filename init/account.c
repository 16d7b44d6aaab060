/* account.c - the loss account. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "handoff/listener.h"
#include "init/account.h"
#include "init/state.h"

static bool
is_open(const struct handoff *h)
{
	return h->state == HANDOFF_RUNS || h->state == HANDOFF_DRAINS;
}

int64_t
account_since(int64_t first, int64_t last)
{
	return first < 0 || last < first ? -1 : last - first;
}

/* --- beginning -------------------------------------------------------------------------------- */

/* By all of our slots, ever. */
static int64_t
dropped(const struct served *sv)
{
	int64_t all = sv->listener_count > 0 ? 0 : -1, one;
	int i;

	for (i = 0; i < sv->listener_count; i++) {
		if ((one = listener_dropped(&sv->listeners[i])) == -1)
			return -1;
		all += one;
	}
	return all;
}

static void
forget_figures(struct handoff *h)
{
	int i;

	for (i = 0; i < FIGURES; i++)
		h->figures[i] = -1;
}

static struct handoff *
begin(struct served *sv, uint32_t old, uint32_t new, msec now, int64_t wall)
{
	struct account *a = &sv->account;
	struct handoff *h = &a->ring[a->numbers % HANDOFFS];

	memset(h, 0, sizeof(*h));
	h->number = ++a->numbers;
	h->state = HANDOFF_RUNS;
	h->old = old;
	h->new = new;
	h->at = wall;
	h->began = now;
	h->start_ms = h->ready_ms = h->canary_ms = h->rolling_ms = -1;
	h->total_ms = h->switch_us = -1;
	h->accepted_old = h->accepted_new = -1;
	h->dropped = dropped(sv);
	forget_figures(h);
	return h;
}

/* The open record in which this generation is to take over. */
static struct handoff *
find_new(struct account *a, uint32_t serial)
{
	int i;

	for (i = 0; i < HANDOFFS; i++)
		if (serial != 0 && is_open(&a->ring[i]) && a->ring[i].new == serial)
			return &a->ring[i];
	return NULL;
}

/* The open record of which it is the old one. */
static struct handoff *
find_old(struct account *a, uint32_t serial)
{
	int i;

	for (i = 0; i < HANDOFFS; i++)
		if (serial != 0 && is_open(&a->ring[i]) && a->ring[i].old == serial)
			return &a->ring[i];
	return NULL;
}

/* --- ending ----------------------------------------------------------------------------------- */

static void
add(int64_t *sum, int64_t value)
{
	if (value > 0)
		*sum += value;
}

static void
complete(struct served *sv, struct handoff *h)
{
	struct account *a = &sv->account;

	h->state = HANDOFF_DONE;
	h->accepted_old = account_since(h->figures[FIGURE_ACCEPTED_FIRST],
	    h->figures[FIGURE_ACCEPTED_PROMOTED]);
	h->accepted_new = account_since(h->figures[FIGURE_ACCEPTED_PROMOTED],
	    h->figures[FIGURE_ACCEPTED_LAST]);
	h->dropped = account_since(h->dropped, dropped(sv));
	add(&a->accepted_old, h->accepted_old);
	add(&a->accepted_new, h->accepted_new);
	add(&a->drained, h->figures[FIGURE_DRAINED]);
	add(&a->quiet, h->figures[FIGURE_QUIET]);
	add(&a->carried, h->figures[FIGURE_CARRIED]);
	add(&a->cut, h->figures[FIGURE_CUT]);
	add(&a->left_behind, h->left_behind);
	add(&a->dropped, h->dropped);
	add(&a->overflows, account_since(h->figures[FIGURE_OVERFLOWS_FIRST],
	    h->figures[FIGURE_OVERFLOWS_LAST]));
	add(&a->drops, account_since(h->figures[FIGURE_DROPS_FIRST], h->figures[FIGURE_DROPS_LAST]));
}

static void
fail(struct handoff *h, const char *why)
{
	h->state = HANDOFF_FAILED;
	h->told = true;			/* it was said when it failed */
	text_copy(h->why, sizeof(h->why), why);
}

void
account_failed(struct served *sv, uint32_t serial, const char *why, msec now)
{
	struct handoff *h = find_new(&sv->account, serial);

	if (h == NULL || h->state != HANDOFF_RUNS)
		return;
	fail(h, why);
	if (h->announced == 0)
		h->start_ms = now - h->began;
	h->total_ms = now - h->began;
}

/* In its canary, and something newer is wanted: it has not failed, and will not serve. */
static void
note_replaced(struct served *sv, const struct service *before, msec now)
{
	const struct service *after = &sv->service;

	if (before->step > 0 && after->candidate != before->candidate && !after->stopping &&
	    after->failed == before->failed && after->live == before->live)
		account_failed(sv, before->candidate, "replaced in its canary: something newer was "
		    "wanted", now);
}

/* The counters as they stood in the beginning are those that the new keeper saw. */
static void
take_first(struct served *sv, struct handoff *h)
{
	static const enum figure firsts[] = { FIGURE_ACCEPTED_FIRST, FIGURE_ACCEPTED_PROMOTED,
		FIGURE_OVERFLOWS_FIRST, FIGURE_DROPS_FIRST };
	size_t i;
	int j;

	for (i = 0; i < sizeof(firsts) / sizeof(*firsts); i++)
		h->figures[firsts[i]] = -1;
	for (j = 0; j < GENERATIONS; j++)
		for (i = 0; i < sizeof(firsts) / sizeof(*firsts); i++)
			if (sv->keepers[j].serial == h->new)
				h->figures[firsts[i]] = sv->keepers[j].figures[firsts[i]];
}

bool
account_gone(struct served *sv, const struct keeper_record *k)
{
	struct handoff *h = find_old(&sv->account, k->serial);
	struct handoff *late = find_new(&sv->account, k->serial);

	if (late != NULL && late->state == HANDOFF_RUNS && sv->service.candidate != k->serial)
		fail(late, "it was ended before it was ready");
	if (h == NULL || h->state != HANDOFF_DRAINS)
		return false;
	memcpy(h->figures, k->figures, sizeof(h->figures));
	take_first(sv, h);
	return true;
}

void
account_left(struct served *sv, int slot, int lost)
{
	struct handoff *h;
	int i;

	for (i = 0; i < HANDOFFS; i++) {
		h = &sv->account.ring[i];
		if (h->state == HANDOFF_DRAINS && h->old_slot == slot)
			h->left_behind += lost;
	}
}

/* --- a step ----------------------------------------------------------------------------------- */

void
account_announced(struct served *sv, uint32_t serial, msec now)
{
	struct handoff *h = find_new(&sv->account, serial);

	if (h == NULL || h->announced != 0)
		return;
	h->announced = now;
	h->start_ms = now - h->began;
}

static void
note_passed(struct account *a, const struct generation *was, const struct generation *is, msec now)
{
	struct handoff *h = find_new(a, is->serial);

	if (h == NULL || h->passed != 0 || was->state != GENERATION_STARTING ||
	    is->state == GENERATION_STARTING || is->state == GENERATION_STOPPING)
		return;
	if (h->announced == 0) {	/* it said so by itself */
		h->announced = now;
		h->start_ms = now - h->began;
	}
	h->passed = now;
	h->ready_ms = now - h->announced;
}

/* The first of its places is its own. */
static void
note_rolling(struct account *a, const struct service *before, const struct service *after, msec now)
{
	struct handoff *h = find_new(a, after->roll.to);

	if (h != NULL && before->roll.to != after->roll.to)
		h->rolled = now;
}

static void
note_switch(struct served *sv, const struct service *before, msec now, int64_t wall)
{
	struct account *a = &sv->account;
	const struct generation *old = service_look(before, before->live);
	const struct generation *new = service_look(&sv->service, sv->service.live);
	struct handoff *h = find_old(a, new->serial);

	if (h != NULL && h->state == HANDOFF_DRAINS)	/* kept warm, and wanted again */
		complete(sv, h);
	if ((h = find_new(a, new->serial)) == NULL) {
		h = begin(sv, old->serial, new->serial, now, wall);
		h->warm = true;
	}
	h->state = HANDOFF_DRAINS;
	h->old = old->serial;
	h->old_slot = old->slot;
	h->old_release = old->release;
	h->new_release = new->release;
	h->switched = now;
	h->canary_ms = h->passed != 0 ? (h->rolled != 0 ? h->rolled : now) - h->passed : -1;
	h->rolling_ms = h->rolled != 0 ? now - h->rolled : -1;
	h->total_ms = now - h->began;
	h->switch_us = a->steer_us;
}

/* The old one died before anybody took over: then it was no handoff. */
static void
settle_records(struct served *sv)
{
	const struct service *s = &sv->service;
	int i;

	for (i = 0; i < HANDOFFS; i++) {
		struct handoff *h = &sv->account.ring[i];

		if (!is_open(h) || service_look(s, h->old) != NULL)
			continue;
		if (h->state == HANDOFF_DRAINS)
			complete(sv, h);
		else
			fail(h, "the generation that served ended before");
	}
}

void
account_step(struct served *sv, const struct service *before, msec now, int64_t wall)
{
	const struct service *after = &sv->service;
	struct handoff *h;
	int i;

	for (i = 0; i < GENERATIONS; i++)
		if (before->generations[i].serial == after->generations[i].serial)
			note_passed(&sv->account, &before->generations[i], &after->generations[i],
			    now);
	note_replaced(sv, before, now);
	note_rolling(&sv->account, before, after, now);
	if (after->done != before->done)
		note_switch(sv, before, now, wall);
	if (after->candidate != 0 && after->candidate != before->candidate && after->live != 0 &&
	    service_look(before, after->candidate) == NULL) {
		h = begin(sv, after->live, after->candidate, now, wall);
		h->old_release = service_look(after, after->live)->release;
		h->new_release = service_look(after, after->candidate)->release;
	}
	settle_records(sv);
}

const struct handoff *
account_next(struct served *sv)
{
	int i;

	for (i = 0; i < HANDOFFS; i++) {
		struct handoff *h = &sv->account.ring[i];

		if (h->state != HANDOFF_DONE || h->told)
			continue;
		h->told = true;
		return h;
	}
	return NULL;
}

const struct handoff *
account_below(const struct account *a, uint32_t number)
{
	const struct handoff *best = NULL;
	int i;

	for (i = 0; i < HANDOFFS; i++) {
		const struct handoff *h = &a->ring[i];

		if (h->number != 0 && h->number < number && (best == NULL || h->number > best->number))
			best = h;
	}
	return best;
}

/* --- in words --------------------------------------------------------------------------------- */

bool
account_lossy(const struct handoff *h)
{
	return h->figures[FIGURE_CUT] > 0 || h->left_behind > 0 || h->dropped > 0;
}

static void
print_first(const struct handoff *h, char *to)
{
	snprintf(to, ACCOUNT_TEXT, "handoff %u: generation %u -> %u", h->number, h->old, h->new);
	if (h->old_release != h->new_release)
		text_append(to, ACCOUNT_TEXT, " (release %d -> %d)", h->old_release,
		    h->new_release);
	if (h->warm) {
		text_append(to, ACCOUNT_TEXT, ", kept warm (switch %lld us)",
		    (long long)h->switch_us);
		return;
	}
	text_append(to, ACCOUNT_TEXT, " in %lld ms (start %lld, ready %lld", (long long)h->total_ms,
	    (long long)h->start_ms, (long long)h->ready_ms);
	if (h->canary_ms > 0)
		text_append(to, ACCOUNT_TEXT, ", canary %lld", (long long)h->canary_ms);
	if (h->rolling_ms > 0)
		text_append(to, ACCOUNT_TEXT, ", rolling %lld", (long long)h->rolling_ms);
	text_append(to, ACCOUNT_TEXT, ", switch %lld us)", (long long)h->switch_us);
}

void
account_print(const struct handoff *h, char first[static ACCOUNT_TEXT],
    char second[static ACCOUNT_TEXT])
{
	char took[32];

	print_first(h, first);
	if (h->figures[FIGURE_DRAIN_MS] < 0) {
		snprintf(second, ACCOUNT_TEXT, "its connections were not counted; %lld left behind",
		    (long long)h->left_behind);
	} else {
		text_duration_print(took, sizeof(took), h->figures[FIGURE_DRAIN_MS]);
		snprintf(second, ACCOUNT_TEXT, "drain %s: %lld drained, %lld closed quiet, %lld cut, "
		    "%lld left behind", took, (long long)h->figures[FIGURE_DRAINED],
		    (long long)h->figures[FIGURE_QUIET], (long long)h->figures[FIGURE_CUT],
		    (long long)h->left_behind);
		if (h->figures[FIGURE_CARRIED] > 0)
			text_append(second, ACCOUNT_TEXT, ", %lld carried on",
			    (long long)h->figures[FIGURE_CARRIED]);
	}
	if (h->dropped >= 0)
		text_append(second, ACCOUNT_TEXT, "; %lld listen drops", (long long)h->dropped);
}

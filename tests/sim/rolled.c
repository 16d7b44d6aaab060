/* rolled.c - workers that are replaced one at a time. */
#include <stddef.h>

#include "tests/sim/keepers.h"
#include "tests/sim/rolled.h"

enum { SOON_MS = 50, EXIT_3 = 3 << 8 };

static unsigned
range(int first, int end)
{
	return ((1u << end) - 1) & ~((1u << first) - 1);
}

static unsigned
all(const struct world *w)
{
	return range(0, w->service.policy.places);
}

void
rolled_launch(struct world *w, struct keeper *k, int count)
{
	if (count != 0 && w->service.live == 0)
		world_break(w, "a generation begins in part, and nobody else serves");
	k->wanted = k->running = count > 0 ? range(0, count) : all(w);
}

/* A place goes back to a worker that is ready, or was waited for as long as may be. */
static void
check_back(struct world *w, int place)
{
	const struct keeper *k = keepers_find(w, w->service.live);

	if (k == NULL || k->ready & 1u << place)
		return;
	if (w->now - k->ordered < w->service.policy.patience.ready)
		world_break(w, "a place goes back to a worker that is not ready");
	w->excused |= 1u << place;
}

void
rolled_steer(struct world *w, const struct effect *e)
{
	if (e->moved < 0 || e->moved > w->service.policy.places)
		world_break(w, "more places move than there are");
	if (e->moved < w->moved && w->service.roll.to != 0)
		check_back(w, e->moved);
	w->moved = e->moved;
	w->second = e->second;
	w->excused = e->moved == 0 ? 0 : w->excused;
}

static void
say(struct world *w, const struct keeper *k, enum event_type type, int code, msec after)
{
	struct event e = { .type = type, .serial = k->serial, .code = code };

	world_raise(w, after, e);
	if (!w->calm && random_percent(&w->random, w->mood.repeated))
		world_raise(w, after + random_span(&w->random, 60000), e);
}

/* It is ready, or too late, or never, or it ends. */
static void
begin(struct world *w, struct keeper *k)
{
	msec most = w->service.policy.patience.ready;
	bool bad = !w->calm && random_percent(&w->random, w->mood.bad_start);
	msec at = random_span(&w->random, w->calm ? SOON_MS : most / 2);

	if (bad && random_percent(&w->random, 40)) {
		say(w, k, EVENT_WORKER_ENDED, EXIT_3, at);
		return;
	}
	at += bad ? most : 0;
	if (bad && random_percent(&w->random, 50))
		return;
	say(w, k, EVENT_ANNOUNCED, k->order, at);
	if (!(w->service.policy.ready & READY_BY_PROBE) || random_percent(&w->random, 30))
		say(w, k, EVENT_NOTIFIED, k->order, at + random_span(&w->random, SOON_MS));
}

static struct keeper *
ordered(struct world *w, const struct effect *e)
{
	struct keeper *k = keepers_find(w, e->serial);

	if (k == NULL || !k->alive)
		return NULL;
	if (e->code <= k->order)
		world_break(w, "an order has no number of its own");
	k->order = e->code;
	k->ordered = w->now;
	k->wanted = range(e->first, e->end);
	return k;
}

void
rolled_grow(struct world *w, const struct effect *e)
{
	struct keeper *k = ordered(w, e);

	if (k == NULL)
		return;
	k->running |= k->wanted;
	if (w->service.roll.to == 0)	/* who had these places is gone */
		w->excused = k->wanted & ~k->ready;
	begin(w, k);
}

/* Drained, or asked to end, or killed by its keeper: that takes no longer than it may. */
void
rolled_retire(struct world *w, const struct effect *e)
{
	const struct patience *p = &w->service.policy.patience;
	struct keeper *k = ordered(w, e);
	unsigned mine;

	if (k == NULL)
		return;
	mine = k->slot == w->second && w->moved > 0 ? range(0, w->moved) : all(w) & ~range(0, w->moved);
	if (mine & ~k->wanted)
		world_break(w, "a worker is to end whose place is still steered to it");
	k->ready &= k->wanted;
	say(w, k, EVENT_RETIRED, k->order, random_span(&w->random, k->deaf ? p->drain + p->stop : p->drain));
}

/* It has shown to be ready, all of it that is to run. */
static bool
shows(const struct world *w, const struct keeper *k, const struct event *e)
{
	if (e->type == EVENT_NOTIFIED && !(w->service.policy.ready & READY_BY_NOTIFY))
		return false;
	return (e->type == EVENT_NOTIFIED || e->type == EVENT_PROBED) && e->code == k->order;
}

void
rolled_before(struct world *w, struct keeper *k, const struct event *e)
{
	if (e->type == EVENT_RETIRED && e->code == k->order)
		k->running &= k->wanted;
	else if (shows(w, k, e)) {
		k->ready |= k->running & k->wanted;
		w->excused &= k->serial == w->service.live ? ~k->ready : w->excused;
	}
	else if (e->type == EVENT_FAILED || e->type == EVENT_EXITED)
		k->running = k->ready = 0;
}

/* The places that somebody accepts at. */
static unsigned
accepted(struct world *w)
{
	struct keeper *k = keepers_find(w, w->service.live);
	unsigned moved = range(0, w->moved), places = k != NULL ? k->ready : 0;
	int i;

	if (w->moved == 0)
		return places;
	places &= ~moved;
	for (i = 0; i < KEEPERS; i++)
		if (w->keepers[i].serial != 0 && w->keepers[i].slot == w->second)
			places |= w->keepers[i].ready & moved;
	return places;
}

/* Who has died will be heard of, and until then nobody can know. */
static bool
lives(struct world *w)
{
	const struct keeper *k = keepers_find(w, w->service.live);
	int i;

	for (i = 0; i < KEEPERS; i++)
		if (w->keepers[i].serial != 0 && !w->keepers[i].alive && w->moved > 0 &&
		    w->keepers[i].slot == w->second)
			return false;
	return k != NULL && k->alive;
}

/* The machine slept, and a worker that was to be gone by now will be in a moment. */
static int
workers_of(const struct world *w, const struct keeper *k)
{
	const struct patience *p = &w->service.policy.patience;
	bool overdue = w->now - k->ordered > p->drain + p->stop;

	return __builtin_popcount(overdue && k->order != 0 ? k->running & k->wanted : k->running);
}

void
rolled_check(struct world *w)
{
	const struct service *s = &w->service;
	int most = s->policy.places + 1, there = 0, i;

	if (s->policy.places == 0 || w->barred)
		return;
	for (i = 0; i < KEEPERS; i++)
		if (w->keepers[i].serial != 0 && w->keepers[i].alive)
			there += workers_of(w, &w->keepers[i]);
	if (there > most && s->live != 0)
		world_break(w, "more than one worker too many");
	if (lives(w) && __builtin_popcount(accepted(w) | w->excused) < s->policy.places - 1)
		world_break(w, "more than one place at which nobody accepts");
	if (s->roll.to == 0 && w->moved != 0)
		world_break(w, "nothing rolls, and some places are still another's");
}

void
rolled_check_rest(struct world *w)
{
	const struct keeper *k = keepers_find(w, w->service.live);

	if (w->service.policy.places > 0 && k != NULL && k->running != all(w))
		world_break(w, "in the end a worker of who serves is missing");
}

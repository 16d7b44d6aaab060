/* keepers.c - keepers that do as they should, and others. */
#include <signal.h>
#include <stddef.h>

#include "tests/sim/keepers.h"
#include "tests/sim/rolled.h"

enum { REAPED_MS = 20, AT_ONCE_MS = 5, EXIT_1 = 1 << 8, EXIT_3 = 3 << 8 };

struct keeper *
keepers_find(struct world *w, uint32_t serial)
{
	int i;

	for (i = 0; i < KEEPERS; i++)
		if (serial != 0 && w->keepers[i].serial == serial)
			return &w->keepers[i];
	return NULL;
}

struct keeper *
keepers_at(struct world *w, int slot)
{
	int i;

	for (i = 0; i < KEEPERS; i++)
		if (w->keepers[i].serial != 0 && w->keepers[i].alive && w->keepers[i].slot == slot)
			return &w->keepers[i];
	return NULL;
}

/* Say something, perhaps twice: the second time it may be dead, or somebody else's turn. */
static void
say(struct world *w, const struct keeper *k, enum event_type type, int code, msec after)
{
	struct event e = { .type = type, .serial = k->serial, .code = code };

	world_raise(w, after, e);
	if (!w->calm && random_percent(&w->random, w->mood.repeated))
		world_raise(w, after + random_span(&w->random, 60000), e);
}

static void
end(struct world *w, const struct keeper *k, int status, msec after)
{
	struct event e = { .serial = k->serial, .code = status };

	agenda_add(&w->agenda, w->now + after, HAPPEN_END, e);
}

static msec
within(struct world *w, msec most)
{
	return random_span(&w->random, most);
}

static int
some_status(struct world *w)
{
	static const int all[] = { 0, EXIT_1, EXIT_3, SIGKILL, SIGSEGV, SIGTERM };

	return all[random_upto(&w->random, 5)];
}

static bool
is_bad(const struct world *w, int32_t release)
{
	struct random r;

	random_seed(&r, w->seed * 1000003 + (uint64_t)release);
	return !w->calm && random_percent(&r, w->mood.bad_release);
}

/* It does not come up, in one of the ways in which one can. */
static void
start_badly(struct world *w, struct keeper *k)
{
	msec ready = w->service.policy.patience.ready, at = within(w, ready);

	switch (random_upto(&w->random, 4)) {
	case 0:			/* never a word */
		return;
	case 1:			/* its workers crash until it gives up, and ends */
		say(w, k, EVENT_WORKER_ENDED, SIGSEGV, at / 2);
		say(w, k, EVENT_FAILED, EXIT_3, at);
		end(w, k, EXIT_1, at + within(w, 100));
		return;
	case 2:			/* it gives up and hangs */
		say(w, k, EVENT_FAILED, EXIT_3, at);
		return;
	case 3:
		end(w, k, some_status(w), at);
		return;
	default:		/* too late */
		say(w, k, EVENT_ANNOUNCED, 0, ready + at);
		say(w, k, EVENT_NOTIFIED, 0, ready + at);
		return;
	}
}

/* It comes up, and then something happens to it. */
static void
trouble(struct world *w, struct keeper *k)
{
	msec at = within(w, w->service.policy.patience.ready) + within(w, 600000);

	switch (random_upto(&w->random, 3)) {
	case 0:
		say(w, k, EVENT_WORKER_ENDED, some_status(w), at);
		return;
	case 1:
		say(w, k, EVENT_FAILED, EXIT_3, at);
		if (random_percent(&w->random, 80))
			end(w, k, EXIT_1, at + within(w, 100));
		return;
	default:
		end(w, k, some_status(w), at);
		return;
	}
}

static void
start_well(struct world *w, struct keeper *k)
{
	msec most = w->calm ? 50 : w->service.policy.patience.ready;
	msec at = within(w, most / 2);

	say(w, k, EVENT_ANNOUNCED, 0, at);
	if (!(w->service.policy.ready & READY_BY_PROBE) || random_percent(&w->random, 50))
		say(w, k, EVENT_NOTIFIED, 0, at + within(w, most));
	if (!w->calm && random_percent(&w->random, w->mood.trouble))
		trouble(w, k);
}

static void
draw_character(struct world *w, struct keeper *k)
{
	if (w->calm)
		return;
	k->wedged = random_percent(&w->random, w->mood.wedged);
	k->deaf = k->wedged || random_percent(&w->random, w->mood.deaf);
	k->endless = random_percent(&w->random, w->mood.endless);
}

static struct keeper *
free_record(struct world *w)
{
	int i;

	for (i = 0; i < KEEPERS; i++)
		if (w->keepers[i].serial == 0)
			return &w->keepers[i];
	world_break(w, "more keepers than there may be generations");
	return &w->keepers[0];
}

void
keepers_launch(struct world *w, const struct effect *e)
{
	struct keeper *k = free_record(w);

	*k = (struct keeper){ .serial = e->serial, .release = e->release, .slot = e->slot,
		.alive = true };
	rolled_launch(w, k, e->end);
	draw_character(w, k);
	if (!w->calm && random_percent(&w->random, w->mood.failed_launch)) {
		k->alive = false;
		world_raise(w, 0, (struct event){ .type = EVENT_EXITED,
		    .serial = k->serial, .code = EXIT_1 });
		return;
	}
	if (is_bad(w, k->release) || (!w->calm && random_percent(&w->random, w->mood.bad_start)))
		start_badly(w, k);
	else
		start_well(w, k);
}

void
keepers_probe(struct world *w, uint32_t serial, int order)
{
	struct keeper *k = keepers_find(w, serial);

	if (k == NULL)
		return;
	if (w->calm || !random_percent(&w->random, w->mood.refused))
		say(w, k, EVENT_PROBED, order, within(w, w->calm ? 20 : 5000));
	else if (random_percent(&w->random, 50))
		say(w, k, EVENT_FAILED, 0, within(w, 5000));
}

void
keepers_canary(struct world *w, uint32_t serial)
{
	struct keeper *k = keepers_find(w, serial);

	k->promoted = true;
	if (w->calm || !random_percent(&w->random, w->mood.sick))
		return;
	if (random_percent(&w->random, 50))
		say(w, k, EVENT_PROBE_FAILED, 0, within(w, 60000));
	else
		say(w, k, EVENT_WORKER_ENDED, some_status(w), within(w, 60000));
}

void
keepers_drain(struct world *w, uint32_t serial, msec budget)
{
	struct keeper *k = keepers_find(w, serial);

	if (k == NULL || !k->alive)
		return;
	k->leaving = true;
	agenda_add(&w->agenda, w->now + within(w, budget), HAPPEN_LOOK,
	    (struct event){ .serial = serial });
}

void
keepers_look(struct world *w, uint32_t serial)
{
	struct keeper *k = keepers_find(w, serial);

	if (k == NULL || !k->alive)
		return;
	if (k->accepts) {
		w->served += w->queue[k->slot];
		w->queue[k->slot] = 0;
	}
	if (w->queue[k->slot] == 0 && !k->endless)
		end(w, k, 0, 0);
}

void
keepers_stop(struct world *w, uint32_t serial)
{
	struct keeper *k = keepers_find(w, serial);

	if (k == NULL || !k->alive)
		return;
	k->leaving = true;
	if (k->deaf)
		return;
	if (!k->promoted)
		say(w, k, EVENT_FAILED, 0, 0);
	say(w, k, EVENT_WORKER_ENDED, SIGTERM, AT_ONCE_MS);
	end(w, k, 0, AT_ONCE_MS + within(w, w->service.policy.patience.stop / 4));
}

void
keepers_kill(struct world *w, uint32_t serial, int times)
{
	struct keeper *k = keepers_find(w, serial);

	if (k == NULL || !k->alive)
		return;
	k->leaving = true;
	if (k->wedged && times <= 1)
		return;
	end(w, k, times > 1 ? SIGKILL : 0, within(w, AT_ONCE_MS));
}

void
keepers_end(struct world *w, uint32_t serial, int status)
{
	struct keeper *k = keepers_find(w, serial);
	struct event e = { .type = EVENT_EXITED, .serial = serial, .code = status };

	if (k == NULL || !k->alive)
		return;
	k->alive = k->accepts = false;
	world_raise(w, within(w, REAPED_MS), e);
	if (!w->calm && random_percent(&w->random, w->mood.repeated))
		world_raise(w, within(w, REAPED_MS) + REAPED_MS, e);
}

void
keepers_before(struct world *w, const struct event *e)
{
	struct keeper *k = keepers_find(w, e->serial);

	if (k == NULL)
		return;
	rolled_before(w, k, e);
	if (e->type == EVENT_PROBED ||
	    (e->type == EVENT_NOTIFIED && (w->service.policy.ready & READY_BY_NOTIFY)))
		k->passed = true;
	if (e->type == EVENT_ANNOUNCED || e->type == EVENT_NOTIFIED)
		k->accepts = k->alive;
	else if (e->type == EVENT_FAILED)	/* it has killed its workers */
		k->accepts = false;
	else if (e->type == EVENT_EXITED)
		k->serial = 0;
}

bool
keepers_forgive(struct world *w, const struct happening *h)
{
	const struct keeper *k = keepers_find(w, h->event.serial);

	return w->calm && k != NULL && k->alive && !k->leaving &&
	    (h->type == HAPPEN_END ||
	    (h->type == HAPPEN_EVENT && (h->event.type == EVENT_FAILED ||
	    h->event.type == EVENT_PROBE_FAILED || h->event.type == EVENT_WORKER_ENDED)));
}

/* queues.c - where clients wait. */
#include <stddef.h>

#include "tests/sim/keepers.h"
#include "tests/sim/queues.h"

enum { COME_MOST = 3, ACCEPTED_PERCENT = 75 };

/* To whom the next one comes. */
static int
where(struct world *w)
{
	if (w->moved > (int)random_upto(&w->random, w->service.policy.places))
		return w->second;
	return random_upto(&w->random, 999) < w->share ? w->share_slot : w->steered;
}

void
queues_pass(struct world *w)
{
	int come = (int)random_upto(&w->random, COME_MOST), i;
	struct keeper *k;

	if (w->barred)
		w->refused += come;
	for (i = 0; i < come && !w->barred; i++)
		w->queue[where(w)]++;
	for (i = 0; i < KEEPERS; i++) {
		k = &w->keepers[i];
		if (k->serial == 0 || !k->accepts || w->queue[k->slot] == 0 ||
		    !(w->calm || random_percent(&w->random, ACCEPTED_PERCENT)))
			continue;
		w->served += w->queue[k->slot];
		w->queue[k->slot] = 0;
	}
}

void
queues_steer(struct world *w, int slot)
{
	if (w->barred)
		world_break(w, "the door was barred, and then clients were let in again");
	w->steered = slot;
	w->share = 0;
}

void
queues_share(struct world *w, int slot, int share)
{
	if (w->barred)
		world_break(w, "the door was barred, and then clients were let in by a share");
	if (share > 0 && slot == w->steered)
		world_break(w, "who has all was given a share besides");
	w->share = share;
	w->share_slot = slot;
}

void
queues_flush(struct world *w, int slot)
{
	if ((slot == w->steered || (w->moved > 0 && slot == w->second)) && !w->barred)
		world_break(w, "the slot that clients are steered to was flushed");
	if (w->share > 0 && slot == w->share_slot && !w->barred)
		world_break(w, "a slot with a share was flushed");
	if (keepers_at(w, slot) != NULL)
		world_break(w, "a slot was flushed in which somebody accepts");
	w->lost += w->queue[slot];
	w->queue[slot] = 0;
}

void
queues_check_launch(struct world *w, int slot)
{
	if (slot < 0 || slot >= w->service.policy.slots)
		world_break(w, "a generation was launched without a slot");
	else if (keepers_at(w, slot) != NULL)
		world_break(w, "a slot was given away while its owner lives");
	else if (w->queue[slot] > 0 && (w->service.live != 0 || slot != w->steered))
		world_break(w, "a slot was given away with clients of its last owner in it");
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

void
queues_check(struct world *w)
{
	int slot;

	if (w->barred)
		return;
	for (slot = 0; slot < w->service.policy.slots; slot++)
		if (w->queue[slot] > 0 && slot != w->steered && !owned(&w->service, slot))
			world_break(w, "clients wait in a slot that is nobody's");
}

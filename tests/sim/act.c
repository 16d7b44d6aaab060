/* act.c - make a plan happen in the invented world. */
#include <stddef.h>

#include "tests/sim/act.h"
#include "tests/sim/keepers.h"
#include "tests/sim/rolled.h"
#include "tests/sim/queues.h"

static const struct generation *
generation(struct world *w, uint32_t serial)
{
	static const struct generation nobody;
	const struct generation *g = service_look(&w->service, serial);

	if (g != NULL)
		return g;
	world_break(w, "an effect on a generation that is not there");
	return &nobody;
}

static void
do_launch(struct world *w, const struct effect *e)
{
	const struct generation *g = generation(w, e->serial);

	if (g->state != GENERATION_STARTING || g->slot != e->slot || g->release != e->release)
		world_break(w, "what is launched is not what was decided");
	queues_check_launch(w, e->slot);
	keepers_launch(w, e);
}

static void
do_probe(struct world *w, const struct effect *e)
{
	if (generation(w, e->serial)->state != GENERATION_STARTING &&
	    !rolling_awaits(&w->service, e->serial))
		world_break(w, "a generation was probed that does not start");
	keepers_probe(w, e->serial, e->code);
}

static void
do_steer(struct world *w, const struct effect *e)
{
	queues_steer(w, e->slot);
	rolled_steer(w, e);
}

static void
do_grow(struct world *w, const struct effect *e)
{
	generation(w, e->serial);
	rolled_grow(w, e);
}

static void
do_retire(struct world *w, const struct effect *e)
{
	generation(w, e->serial);
	rolled_retire(w, e);
}

static void
do_share(struct world *w, const struct effect *e)
{
	struct keeper *k = keepers_find(w, e->serial);

	if (e->share > 0 && (generation(w, e->serial)->state != GENERATION_READY ||
	    w->service.candidate != e->serial || generation(w, e->serial)->slot != e->slot))
		world_break(w, "a share was given to somebody who is no candidate");
	queues_share(w, e->slot, e->share);
	w->shared += e->share > 0;
	if (k != NULL && !k->promoted)
		keepers_canary(w, e->serial);
}

static void
do_promoted(struct world *w, const struct effect *e)
{
	struct keeper *k = keepers_find(w, e->serial);

	w->promoted++;
	if (k == NULL)
		world_break(w, "who was promoted had been reaped");
	else
		k->promoted = true;
	if (k != NULL && !w->service.listening)	/* it has nothing to show */
		k->ready = k->running;
}

static void
do_publish(struct world *w, const struct effect *e)
{
	w->published = e->release;
}

static void
do_drain(struct world *w, const struct effect *e)
{
	const struct generation *g = generation(w, e->serial);

	if ((g->slot == w->steered || (w->share > 0 && g->slot == w->share_slot) ||
	    (w->moved > 0 && g->slot == w->second)) && !w->barred)
		world_break(w, "a generation drains to which clients are steered");
	if (e->span < 0 || (w->service.stopping && !w->service.lame && e->span > w->service.policy.grace))
		world_break(w, "a drain has more time than there is");
	keepers_drain(w, e->serial, e->span);
}

static void
do_stop(struct world *w, const struct effect *e)
{
	keepers_stop(w, e->serial);
}

static void
do_kill(struct world *w, const struct effect *e)
{
	w->killed |= w->service.stopping && !w->service.lame;
	keepers_kill(w, e->serial, e->code);
}

static void
do_flush(struct world *w, const struct effect *e)
{
	queues_flush(w, e->slot);
}

static void
do_bar(struct world *w, const struct effect *e)
{
	(void)e;
	if (w->barred)
		world_break(w, "the door was barred twice");
	w->barred = true;
	w->share = 0;
	w->moved = 0;
}

static void
do_end(struct world *w, const struct effect *e)
{
	int i;

	for (i = 0; i < KEEPERS; i++)
		if (w->keepers[i].serial != 0)
			world_break(w, "it ended before all were gone");
	if (w->asked_to_end && !w->service.policy.plain_ends && e->code != 0 &&
	    !(w->killed && e->code == 137))
		world_break(w, "it ended as asked, and says that it did not");
	w->ended = true;
}

static void (*const performers[])(struct world *, const struct effect *) = {
	[EFFECT_LAUNCH] = do_launch,
	[EFFECT_PROBE] = do_probe,
	[EFFECT_STEER] = do_steer,
	[EFFECT_SHARE] = do_share,
	[EFFECT_GROW] = do_grow,
	[EFFECT_RETIRE] = do_retire,
	[EFFECT_PROMOTED] = do_promoted,
	[EFFECT_PUBLISH] = do_publish,
	[EFFECT_DRAIN] = do_drain,
	[EFFECT_STOP] = do_stop,
	[EFFECT_KILL] = do_kill,
	[EFFECT_FLUSH] = do_flush,
	[EFFECT_BAR] = do_bar,
	[EFFECT_END] = do_end,
};

void
act(struct world *w)
{
	int i;

	for (i = 0; i < w->plan.count; i++)
		performers[w->plan.effects[i].type](w, &w->plan.effects[i]);
}

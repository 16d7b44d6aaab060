/* spread.c - which workers of a slot get new connections. */
#include "init/options.h"
#include "init/perform.h"
#include "init/spread.h"
#include "init/state.h"

int
spread_width(const struct options *o)
{
	return o->spread == OPTION_SPREAD_WORKER ? o->workers : 1;
}

uint64_t
spread_down(const struct served *sv, int slot)
{
	const struct generation *g;
	int i;

	for (i = 0; i < GENERATIONS; i++)
		if ((g = service_look(&sv->service, sv->keepers[i].serial)) != NULL &&
		    g->slot == slot)
			return sv->keepers[i].down;
	return 0;
}

static bool
is_spread(const struct served *sv)
{
	int i;

	for (i = 0; i < sv->listener_count; i++)
		if (sv->listeners[i].width > 1)
			return true;
	return false;
}

void
spread_worker(struct served *sv, struct keeper_record *k, int index, bool down)
{
	const struct generation *g = service_look(&sv->service, k->serial);
	uint64_t bit = UINT64_C(1) << index, was = k->down;

	k->down = down ? was | bit : was & ~bit;
	if (k->down != was && g != NULL && (g->slot == sv->steer.slot ||
	    (g->slot == sv->steer.share_slot && sv->steer.share > 0)) && is_spread(sv))
		perform_steering(sv);
}

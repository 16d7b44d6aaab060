/* spread.c - which workers of a slot get new connections. */
#include "base/log.h"
#include "init/options.h"
#include "init/perform.h"
#include "init/spread.h"
#include "init/state.h"

int
spread_width(const struct options *o)
{
	return o->spread == OPTION_SPREAD_WORKER || o->strategy == OPTION_STRATEGY_ROLLING ?
	    o->workers : 1;
}

uint64_t
spread_down_in(const struct served *sv, int slot)
{
	const struct generation *g;
	int i;

	for (i = 0; i < GENERATIONS; i++)
		if ((g = service_look(&sv->service, sv->keepers[i].serial)) != NULL &&
		    g->slot == slot)
			return sv->keepers[i].down;
	return 0;
}

uint64_t
spread_down(const struct served *sv)
{
	uint64_t moved = sv->steer.moved > 0 ? (UINT64_C(1) << sv->steer.moved) - 1 : 0;
	uint64_t down = spread_down_in(sv, sv->steer.slot);

	/* while places move one by one the first of them are another generation's */
	return moved == 0 ? down : (spread_down_in(sv, sv->steer.moved_slot) & moved) | (down & ~moved);
}

void
spread_path(struct served *sv, const struct options *o, const char *path)
{
	if (spread_width(o) == 1)
		return;
	log_line(LOG_WARNING, "%s is one socket for all workers: who comes to a path cannot be "
	    "steered to one of them (BATON_SPREAD)%s", path, sv->service.policy.places > 0 ?
	    "; nor can they be replaced one at a time (BATON_STRATEGY=rolling): a whole generation is" :
	    "");
	sv->service.policy.places = 0;
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
	if (k->down != was && g != NULL && is_spread(sv) && (g->slot == sv->steer.slot ||
	    (sv->steer.share > 0 && g->slot == sv->steer.share_slot) ||
	    (sv->steer.moved > 0 && g->slot == sv->steer.moved_slot)))
		perform_steering(sv);
}

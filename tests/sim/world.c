/* world.c - one seed's story: a part in which anything may go wrong, and a part in which all must
 * come right. */
#include <string.h>

#include "tests/sim/act.h"
#include "tests/sim/check.h"
#include "tests/sim/keepers.h"
#include "tests/sim/mood.h"
#include "tests/sim/rolled.h"
#include "tests/sim/promises.h"
#include "tests/sim/queues.h"
#include "tests/sim/requests.h"
#include "tests/sim/trace.h"
#include "tests/sim/world.h"

enum { LATE_MOST = 200, SLEEP_MOST = 3600000, CALM_STEPS = 20000 };

void
world_break(struct world *w, const char *what)
{
	if (w->broken == NULL)
		w->broken = what;
}

void
world_raise(struct world *w, msec after, struct event event)
{
	agenda_add(&w->agenda, w->now + after, HAPPEN_EVENT, event);
}

void
world_step(struct world *w, const struct event *e)
{
	keepers_before(w, e);
	w->booted |= e->type == EVENT_BOOTED;
	w->before = w->service;
	service_step(&w->service, e, w->now, &w->plan);
	w->steps++;
	if (w->told)
		trace_step(w, e);
	check_step(w, e);
	act(w);
	check_performed(w);
}

/* --- time ------------------------------------------------------------------------------------- */

/* How late a turn is: rarely the machine sleeps, and all that was due meanwhile comes at once. */
static msec
lateness(struct world *w)
{
	if (w->calm)
		return 0;
	if (w->mood.jump > 0 && random_upto(&w->random, 999) == 0)
		return random_span(&w->random, SLEEP_MOST);
	return random_percent(&w->random, w->mood.late) ? random_span(&w->random, LATE_MOST) : 0;
}

static void
pass_until(struct world *w, msec when)
{
	msec late = lateness(w);

	if (when > w->now)
		w->now = when;
	w->now += late;
	w->late += late;
	queues_pass(w);
}

static void
happen(struct world *w, const struct happening *h)
{
	if (keepers_forgive(w, h))
		return;
	switch (h->type) {
	case HAPPEN_EVENT:
		world_step(w, &h->event);
		break;
	case HAPPEN_END:
		keepers_end(w, h->event.serial, h->event.code);
		break;
	case HAPPEN_LOOK:
		keepers_look(w, h->event.serial);
		break;
	case HAPPEN_REQUEST:
		if (!w->calm)
			requests_make(w);
		break;
	}
}

/* PID 1 hears all descriptors before it looks at the clock, and so do we. */
static bool
turn(struct world *w)
{
	msec due = service_deadline(&w->service), next = agenda_next(&w->agenda);
	struct happening h;

	if (w->broken != NULL || (due == CLOCK_NEVER && next == CLOCK_NEVER))
		return false;
	if (due < next) {
		pass_until(w, due);
		world_step(w, &(struct event){ .type = EVENT_TICK });
		return true;
	}
	pass_until(w, next);
	h = agenda_take(&w->agenda);
	happen(w, &h);
	if (w->agenda.overflowed)
		world_break(w, "the agenda of the simulation is too short");
	return true;
}

/* --- the two parts ---------------------------------------------------------------------------- */

static void
begin(struct world *w, uint64_t seed)
{
	struct policy policy;
	bool told = w->told;

	memset(w, 0, sizeof(*w));
	w->seed = seed;
	w->told = told;
	random_seed(&w->random, seed);
	mood_draw(&w->random, &w->mood);
	mood_draw_policy(&w->random, &policy);
	w->now = random_span(&w->random, 1000000);
	service_begin(&w->service, &policy);
	if (told)
		trace_policy(w);
	requests_boot(w);
}

static void
check_rest(struct world *w)
{
	const struct service *s = &w->service;
	const struct generation *live = service_look(s, s->live);
	int i, there = 0;

	for (i = 0; i < GENERATIONS; i++)
		there += generation_exists(&s->generations[i]);
	if (live == NULL)
		world_break(w, "in the end nobody serves");
	else if (live->release != w->newest)
		world_break(w, "in the end another release serves than the newest");
	if (there > 1 || s->candidate != 0)
		world_break(w, "in the end somebody is left who is not needed");
	for (i = 0; i < s->policy.slots; i++)
		if (w->queue[i] > 0 && i != s->steered)
			world_break(w, "in the end clients wait in vain");
	rolled_check_rest(w);
	w->converged++;
}

/* Nothing is due any more, in time and for good; what is said late is of no use and wakes nobody. */
static void
come_to_rest(struct world *w)
{
	msec most = (w->granted > w->now ? w->granted : w->now) + promises_rest(w);
	int64_t end = w->steps + CALM_STEPS;

	/* or the old would be renewed for ever */
	w->service.policy.max_age = 0;
	w->service.renew_at = CLOCK_NEVER;
	while (!w->ended && w->steps < end && turn(w))
		if (w->now > most && service_deadline(&w->service) != CLOCK_NEVER)
			world_break(w, "it does not come to rest in time");
	if (w->steps >= end)
		world_break(w, "it does not come to rest");
}

void
world_run(struct world *w, uint64_t seed, int64_t steps)
{
	begin(w, seed);
	while (!w->ended && w->steps < steps && turn(w))
		;
	w->calm = true;
	if (w->service.turn == 0 && w->service.policy.plain_ends)
		return;
	requests_newest(w);
	come_to_rest(w);
	if (w->broken == NULL && !w->service.stopping)
		check_rest(w);
	if (w->broken != NULL || w->ended)
		return;
	requests_end(w);
	come_to_rest(w);
	if (!w->ended)
		world_break(w, "it does not end");
	w->closed++;
}

/* requests.c - what people ask for. */
#include <stddef.h>

#include "tests/sim/keepers.h"
#include "tests/sim/promises.h"
#include "tests/sim/requests.h"

static void
ask(struct world *w, enum event_type type, int32_t release)
{
	w->booted |= release != 0;
	world_step(w, &(struct event){ .type = type, .release = release });
	promises_request(w, release);
}

static void
ask_again_later(struct world *w)
{
	agenda_add(&w->agenda, w->now + random_span(&w->random, w->mood.pause), HAPPEN_REQUEST,
	    (struct event){ 0 });
}

void
requests_boot(struct world *w)
{
	if (!w->service.policy.plain_ends)
		world_step(w, &(struct event){ .type = EVENT_LISTENING });
	else
		world_raise(w, random_span(&w->random, 60000),
		    (struct event){ .type = EVENT_LISTENING });
	w->newest = (int32_t)random_upto(&w->random, 1);
	world_raise(w, random_span(&w->random, 1000),
	    (struct event){ .type = EVENT_BOOTED, .release = w->newest });
	ask_again_later(w);
}

/* An answer to a question that nobody remembers. */
static void
say_anything(struct world *w)
{
	struct event e = {
		.type = (enum event_type)(EVENT_ANNOUNCED +
		    random_upto(&w->random, EVENT_EXITED - EVENT_ANNOUNCED)),
		.serial = (uint32_t)random_upto(&w->random, 2 * w->service.next_serial),
	};

	if (e.serial == 0 || service_look(&w->service, e.serial) != NULL)
		return;
	world_step(w, &e);
}

static void
roll_back(struct world *w)
{
	int32_t release = random_percent(&w->random, 50) ? 0 :
	    (int32_t)random_upto(&w->random, w->newest);

	if (service_can_rollback(&w->service, release))
		ask(w, EVENT_ROLLBACK, release);
}

void
requests_newest(struct world *w)
{
	ask(w, EVENT_WANTED, ++w->newest);
}

void
requests_end(struct world *w)
{
	w->asked_to_end |= !w->service.stopping;
	world_step(w, &(struct event){ .type = EVENT_SHUTDOWN });
}

static void
hurry(struct world *w)
{
	w->hurried = w->service.settled < w->service.turn;
	world_step(w, &(struct event){ .type = EVENT_HURRY });
}

/* Whoever it is, live or not, has grown too large. */
static void
grow(struct world *w)
{
	uint32_t serial = (uint32_t)random_upto(&w->random, w->service.next_serial);

	if (serial == 0)
		return;
	world_step(w, &(struct event){ .type = EVENT_HEAVY, .serial = serial });
	promises_request(w, 0);
}

static void
promote(struct world *w)
{
	world_step(w, &(struct event){ .type = EVENT_PROMOTE });
}

/* Whoever it is needs longer for whatever it does. */
static void
extend(struct world *w)
{
	uint32_t serial = (uint32_t)random_upto(&w->random, w->service.next_serial);
	const struct generation *g = service_look(&w->service, serial);
	msec span = random_span(&w->random, 60000), was;
	struct keeper *k = keepers_find(w, serial);

	if (g == NULL || k == NULL)
		return;
	was = g->deadline;
	if (k->extended < w->now + span)
		k->extended = w->now + span;
	world_step(w, &(struct event){ .type = EVENT_EXTEND, .serial = serial, .code = (int)span });
	g = service_look(&w->service, serial);
	if (w->granted < w->now + span)
		w->granted = w->now + span;
	if (g != NULL && g->state != GENERATION_READY && g->deadline < was &&
	    g->since < w->now && !w->service.stopping)
		world_break(w, "it asked for more time, and has less");
}

void
requests_make(struct world *w)
{
	int64_t kind = random_upto(&w->random, 99);

	ask_again_later(w);
	if (random_percent(&w->random, w->mood.shutdown)) {
		requests_end(w);
		return;
	}
	if (random_percent(&w->random, w->mood.hurry))
		hurry(w);
	if (random_percent(&w->random, 5))
		grow(w);
	if (random_percent(&w->random, 10))
		promote(w);
	if (random_percent(&w->random, w->mood.extends))
		extend(w);
	if (kind < 45)
		requests_newest(w);
	else if (kind < 65)
		ask(w, EVENT_WANTED, 0);
	else if (kind < 85)
		roll_back(w);
	else
		say_anything(w);
}

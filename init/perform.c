/* perform.c - make a plan happen. */
#include <sys/wait.h>

#include <errno.h>

#include "base/log.h"
#include "init/init.h"
#include "init/keepers.h"
#include "init/perform.h"
#include "init/probing.h"
#include "init/publishing.h"
#include "init/report.h"

enum { EXIT_BY_FAILED_LAUNCH = 1 << 8 };

static void
do_launch(struct init *init, const struct effect *e)
{
	if (keepers_launch(init, e->serial, e->release, e->slot) == 0)
		return;
	log_line(LOG_ERROR, "generation %u: cannot start its keeper: %m", e->serial);
	init_event(init, (struct event){ .type = EVENT_EXITED, .serial = e->serial,
	    .code = EXIT_BY_FAILED_LAUNCH });
}

static void
do_probe(struct init *init, const struct effect *e)
{
	probing_begin(init, e->serial);
}

void
perform_steering(struct init *init)
{
	struct state *st = &init->state;
	struct steer s = st->steer;
	char text[ADDRESS_TEXT];
	int i;

	for (i = 0; i < st->listener_count; i++) {
		if (st->steer.slot == NO_SLOT && !st->listeners[i].barred)
			continue;	/* then better served to the end than accepted by nobody */
		if (st->steer.slot == NO_SLOT)
			s.slot = st->listeners[i].slots;
		if (listener_steer(&st->listeners[i], &s) == 0)
			continue;
		address_print(text, &st->listeners[i].address);
		log_line(LOG_ERROR, "cannot steer %s to slot %d: %m", text, s.slot);
	}
}

static void
do_steer(struct init *init, const struct effect *e)
{
	init->state.steer.slot = e->slot;
	perform_steering(init);
}

static void
do_promoted(struct init *init, const struct effect *e)
{
	struct keeper_record *k = keepers_find(init, e->serial);

	if (k != NULL)
		k->promoted = true;
	keepers_tell(init, e->serial, MESSAGE_PROMOTED, 0);
}

static void
do_publish(struct init *init, const struct effect *e)
{
	publishing_wish(init, e->release);
}

static void
do_drain(struct init *init, const struct effect *e)
{
	keepers_tell(init, e->serial, MESSAGE_DRAIN, e->span);
}

static void
do_stop(struct init *init, const struct effect *e)
{
	keepers_tell(init, e->serial, MESSAGE_STOP, 0);
}

static void
do_kill(struct init *init, const struct effect *e)
{
	if (e->code > 1)	/* told once already: it does not do as it is told */
		keepers_kill(init, e->serial);
	else
		keepers_tell(init, e->serial, MESSAGE_KILL, 0);
}

static void
do_flush(struct init *init, const struct effect *e)
{
	struct state *st = &init->state;
	int i, lost = 0;

	if (!st->steering)	/* the one queue is everybody's */
		return;
	for (i = 0; i < st->listener_count; i++) {
		if (!listener_check(&st->listeners[i], e->slot))
			log_line(LOG_WARNING, "slot %d had been shut down by a worker: it listens "
			    "again", e->slot);
		lost += listener_flush(&st->listeners[i], e->slot, st->steer.probe.port);
	}
	st->service.left_behind += lost;
	if (lost > 0)
		log_line(LOG_WARNING, "%d connections were left behind in slot %d", lost, e->slot);
}

static void
do_bar(struct init *init, const struct effect *e)
{
	(void)e;
	init->state.steer.slot = NO_SLOT;
	perform_steering(init);
}

static void
do_end(struct init *init, const struct effect *e)
{
	init->ended = true;
	init->status = e->code;
}

static void (*const performers[])(struct init *, const struct effect *) = {
	[EFFECT_LAUNCH] = do_launch,
	[EFFECT_PROBE] = do_probe,
	[EFFECT_STEER] = do_steer,
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
perform(struct init *init, const struct plan *plan)
{
	int i;

	for (i = 0; i < plan->count; i++)
		performers[plan->effects[i].type](init, &plan->effects[i]);
}

/* perform.c - make a plan happen. */
#include <sys/wait.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "handoff/outcome.h"
#include "init/init.h"
#include "init/keepers.h"
#include "init/perform.h"
#include "init/probing.h"
#include "init/publishing.h"
#include "init/report.h"
#include "init/spread.h"

enum { EXIT_BY_FAILED_LAUNCH = 1 << 8, STEER_AGAIN_MS = 20 };

static void
do_launch(struct init *init, struct served *sv, const struct effect *e)
{
	char why[MESSAGE_TEXT];

	if (keepers_launch(init, sv, e->serial, e->release, e->end) == 0)
		return;
	snprintf(why, sizeof(why), "cannot start its keeper: %s", strerror(errno));
	report_failure(init, sv, e->serial, why, true, -1);
	init_event(init, sv, (struct event){ .type = EVENT_EXITED, .serial = e->serial,
	    .code = EXIT_BY_FAILED_LAUNCH });
}

static void
do_probe(struct init *init, struct served *sv, const struct effect *e)
{
	probing_begin(init, sv, &(struct probed){ e->serial, e->first, e->end, e->code });
}

void
perform_steering(struct served *sv)
{
	bool first = sv->steer_at == 0;
	struct steer s = sv->steer;
	char text[ADDRESS_TEXT];
	int i;

	s.down = spread_down(sv);
	s.share_down = spread_down_in(sv, s.share_slot);
	sv->steer_at = 0;
	for (i = 0; i < sv->listener_count; i++) {
		if (sv->steer.slot == NO_SLOT && !sv->listeners[i].barred &&
		    !listener_bar(&sv->listeners[i]))
			continue;	/* then better served to the end than accepted by nobody */
		if (sv->steer.slot == NO_SLOT)
			s.slot = sv->listeners[i].slots;
		if (listener_steer(&sv->listeners[i], &s) == 0)
			continue;
		/* clients would go to who is gone, for as long as nothing else is steered */
		sv->steer_at = clock_now() + (first ? 0 : STEER_AGAIN_MS);
		address_print(text, &sv->listeners[i].address);
		if (first)
			log_line(LOG_ERROR, "cannot steer %s to slot %d: %m; tried again", text,
			    s.slot);
	}
}

static void
do_steer(struct init *init, struct served *sv, const struct effect *e)
{
	int64_t began = clock_us();

	(void)init;
	sv->steer.slot = e->slot;
	sv->steer.share = 0;
	sv->steer.moved = e->moved;
	sv->steer.moved_slot = e->second;
	perform_steering(sv);
	sv->account.steer_us = clock_us() - began;
}

/* Only the kernel's steering can, and it knows no UNIX sockets. */
static bool
can_divide(const struct init *init, const struct served *sv)
{
	int i;

	for (i = 0; i < sv->listener_count; i++)
		if (sv->listeners[i].address.family != AF_UNIX)
			return init->state.steering;
	return sv->listener_count == 0;
}

/* The first of its connections: it serves, if only some, and its keeper keeps it alive for that. */
static void
begin_canary(struct init *init, struct served *sv, struct keeper_record *k)
{
	if (k == NULL || k->promoted)
		return;
	k->promoted = true;
	keepers_tell(sv, k->serial, MESSAGE_PROMOTED, 0, 0);
	if (!can_divide(init, sv) && !sv->whole_told)
		log_line(LOG_WARNING, "generation %u: has no share of its own in its canary: new "
		    "connections cannot be divided here; it is watched for that time, and then "
		    "serves all", k->serial);
	sv->whole_told |= !can_divide(init, sv);
	probing_watch(init, sv, k->serial);
}

static void
do_share(struct init *init, struct served *sv, const struct effect *e)
{
	sv->steer.share = e->share;
	sv->steer.share_slot = e->slot;
	sv->steer.by_source = e->by_source;
	sv->steer.salt = e->serial;
	perform_steering(sv);
	begin_canary(init, sv, keepers_find(sv, e->serial));
}

/* Who drains may carry its connections on to who serves. */
static void
join(const struct init *init, struct served *sv, uint32_t from)
{
	const struct service *s = &sv->service;

	if (init_options(init, sv)->connections == OPTION_CONNECTIONS_CARRY && !s->stopping &&
	    s->live != 0 && s->live != from)
		keepers_join(sv, from, s->live);
}

/* Where it was to carry them may be gone: to this one, then. */
static void
join_draining(const struct init *init, struct served *sv)
{
	int i;

	for (i = 0; i < GENERATIONS; i++)
		if (sv->service.generations[i].state == GENERATION_DRAINING)
			join(init, sv, sv->service.generations[i].serial);
}

static void
tell_places(struct served *sv, enum message_type type, const struct effect *e)
{
	keepers_tell(sv, e->serial, type, e->code, (int64_t)e->first << 32 | e->end);
}

static void
do_grow(struct init *init, struct served *sv, const struct effect *e)
{
	(void)init;
	tell_places(sv, MESSAGE_GROW, e);
}

static void
do_retire(struct init *init, struct served *sv, const struct effect *e)
{
	(void)init;
	tell_places(sv, MESSAGE_RETIRE, e);
}

static void
do_promoted(struct init *init, struct served *sv, const struct effect *e)
{
	struct keeper_record *k = keepers_find(sv, e->serial);
	const struct generation *g = service_look(&sv->service, e->serial);
	int i;

	(void)init;
	if (k != NULL)
		k->promoted = true;
	for (i = 0; i < sv->listener_count && g != NULL; i++)
		listener_deepen(&sv->listeners[i], g->slot);
	keepers_tell(sv, e->serial, MESSAGE_PROMOTED, 0, 0);
	join_draining(init, sv);
}

static void
do_publish(struct init *init, struct served *sv, const struct effect *e)
{
	publishing_wish(init, sv, e->release);
}

static void
do_drain(struct init *init, struct served *sv, const struct effect *e)
{
	join(init, sv, e->serial);
	keepers_tell(sv, e->serial, MESSAGE_DRAIN,
	    sv->stop_signal | (init->state.steering ? 0 : DRAIN_SHARED), e->span);
}

static void
do_stop(struct init *init, struct served *sv, const struct effect *e)
{
	(void)init;
	keepers_tell(sv, e->serial, MESSAGE_STOP, sv->stop_signal, 0);
}

static void
do_kill(struct init *init, struct served *sv, const struct effect *e)
{
	(void)init;
	if (e->code > 1)	/* told once already: it does not do as it is told */
		keepers_kill(sv, e->serial);
	else
		keepers_tell(sv, e->serial, MESSAGE_KILL, 0, 0);
}

static void
do_flush(struct init *init, struct served *sv, const struct effect *e)
{
	int i, shut, lost = 0;

	if (!init->state.steering)	/* the one queue is everybody's */
		return;
	for (i = 0; i < sv->listener_count; i++) {
		if ((shut = listener_check(&sv->listeners[i], e->slot)) > 0)
			log_line(LOG_WARNING, "slot %d had been shut down by a worker: it listens "
			    "again%s", e->slot, shut == 1 ? "" : ", but its sockets may be taken "
			    "for one another");
		lost += listener_flush(&sv->listeners[i], e->slot, sv->steer.probe.port);
	}
	sv->service.left_behind += lost;
	account_left(sv, e->slot, lost);
	if (lost > 0)
		log_line(LOG_WARNING, "%d connections were left behind in slot %d", lost, e->slot);
}

static void
do_bar(struct init *init, struct served *sv, const struct effect *e)
{
	(void)init;
	(void)e;
	sv->steer.slot = NO_SLOT;
	sv->steer.share = 0;
	sv->steer.moved = 0;
	perform_steering(sv);
}

static void
do_end(struct init *init, struct served *sv, const struct effect *e)
{
	bool fine = outcome_succeeded(init_options(init, sv)->exit_ok, e->code);

	init_over(init, sv, fine ? 0 : e->code);
}

static void (*const performers[])(struct init *, struct served *, const struct effect *) = {
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
perform(struct init *init, struct served *sv, const struct plan *plan)
{
	int i;

	for (i = 0; i < plan->count; i++)
		performers[plan->effects[i].type](init, sv, &plan->effects[i]);
}

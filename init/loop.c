/* loop.c - collect one event, step the core on a copy, perform the plan. */
#include <errno.h>
#include <poll.h>

#include "base/log.h"
#include "init/clients.h"
#include "init/deposits.h"
#include "init/helpers.h"
#include "init/init.h"
#include "init/keepers.h"
#include "init/perform.h"
#include "init/reap.h"
#include "init/report.h"
#include "init/signals.h"
#include "init/upward.h"

/* Whose descriptor stands at a place of the poll set. */
enum peer_kind { SIGNALS, CONTROL, CLIENT, KEEPER, HELPER, DEPOSIT, REHEARSAL };

struct watched {
	enum peer_kind kind;
	struct served *served;		/* of a keeper or a helper */
	int index;
};

enum { POLL_MOST = 3 + CLIENTS + SERVICES * (GENERATIONS + HELPERS + DEPOSITS) };

struct poll_set {
	int count;
	struct pollfd fds[POLL_MOST];
	struct watched who[POLL_MOST];
};

const struct service_config *
init_config(const struct init *init, const struct served *sv)
{
	return &init->config->services[sv - init->state.services];
}

const struct options *
init_options(const struct init *init, const struct served *sv)
{
	return &init_config(init, sv)->options;
}

void
init_about(const struct init *init, const struct served *sv)
{
	log_about(sv != NULL && init->state.service_count > 1 ? sv->name : NULL);
}

void
init_event(struct init *init, struct served *sv, struct event e)
{
	if (init->event_count == EVENTS_MOST) {
		log_line(LOG_ERROR, "an event of type %d was dropped: %d are waiting", (int)e.type,
		    EVENTS_MOST);
		return;
	}
	init->events[(init->first_event + init->event_count++) % EVENTS_MOST] =
	    (struct waiting){ sv, e };
}

static void
step(struct init *init, struct served *sv, const struct event *e)
{
	struct service before = sv->service, after = before;
	struct plan plan;
	msec now = clock_now();

	init_about(init, sv);
	service_step(&after, e, now, &plan);
	if (plan.overflowed) {
		log_line(LOG_ERROR, "the plan for an event of type %d is too long: event dropped",
		    (int)e->type);
		return;
	}
	sv->service = after;
	perform(init, sv, &plan);	/* first: clients wait for the steering, nobody for the log */
	account_step(sv, &before, now, clock_wall());
	report_step(init, sv, &before);
}

void
init_shut_down(struct init *init)
{
	int i;

	init->ending = true;
	for (i = 0; i < init->state.service_count; i++)
		if (!init->state.services[i].over)
			init_event(init, &init->state.services[i],
			    (struct event){ .type = EVENT_SHUTDOWN });
}

void
init_over(struct init *init, struct served *sv, int status)
{
	int i;

	sv->over = true;
	/* of several, one that was asked to end has ended well if that is what ended it */
	if (init->state.service_count > 1 && sv->service.asked &&
	    status == 128 + init_options(init, sv)->stop_signal)
		status = 0;
	sv->status = status;
	deposits_end(sv);
	if (init->status == 0 && (sv->critical || init->ending))
		init->status = status;
	if (init->state.service_count > 1 && !init->ending)
		log_line(status == 0 ? LOG_INFO : LOG_ERROR, "ended with status %d: %s", status,
		    sv->critical ? "it is critical, so baton ends" :
		    "not started again; the others go on");
	if (sv->critical && !init->ending)
		init_shut_down(init);
	for (i = 0; i < init->state.service_count; i++)
		if (!init->state.services[i].over)
			return;
	init->ended = true;
}

void
init_settle(struct init *init)
{
	struct waiting w;
	int i;

	while (init->event_count > 0) {
		w = init->events[init->first_event];
		init->first_event = (init->first_event + 1) % EVENTS_MOST;
		init->event_count--;
		step(init, w.served, &w.event);
	}
	for (i = 0; i < init->state.service_count; i++) {
		init_about(init, &init->state.services[i]);
		helpers_settle(init, &init->state.services[i]);
	}
	init_about(init, NULL);
	control_settle(init);
	upward_settle(init);
}

static void
watch_for(struct poll_set *set, int fd, enum peer_kind kind, struct served *sv, int index)
{
	if (fd == -1)
		return;
	set->fds[set->count] = (struct pollfd){ .fd = fd, .events = POLLIN };
	set->who[set->count++] = (struct watched){ kind, sv, index };
}

static void
collect_of(struct served *sv, struct poll_set *set)
{
	int i;

	for (i = 0; i < GENERATIONS; i++)
		if (sv->keepers[i].serial != 0)
			watch_for(set, sv->keepers[i].channel, KEEPER, sv, i);
	for (i = 0; i < HELPERS; i++)
		watch_for(set, helpers_channel(sv, i), HELPER, sv, i);
	for (i = 0; i < sv->deposits.count; i++)
		if (sv->deposits.list[i].poll) {
			watch_for(set, sv->deposits.list[i].fd, DEPOSIT, sv,
			    (int)sv->deposits.list[i].id);
			set->fds[set->count - 1].events = 0;	/* but for its end */
		}
}

static void
collect(struct init *init, struct poll_set *set)
{
	struct state *st = &init->state;
	int i;

	set->count = 0;
	watch_for(set, init->signals, SIGNALS, NULL, 0);
	if (init->control_at <= clock_now())
		init->control_at = 0;
	watch_for(set, init->control_at != 0 ? -1 : init->control, CONTROL, NULL, 0);
	watch_for(set, init->upgrade.channel, REHEARSAL, NULL, 0);
	for (i = 0; i < CLIENTS; i++)
		watch_for(set, st->clients[i].socket, CLIENT, NULL, i);
	for (i = 0; i < st->service_count; i++)
		collect_of(&st->services[i], set);
}

/* One message a descriptor a turn, so that no peer starves another. */
static void
dispatch(struct init *init, const struct watched *who)
{
	init_about(init, who->served);
	if (who->kind != CONTROL)
		init->control_at = 0;	/* perhaps a descriptor is free now */
	switch (who->kind) {
	case SIGNALS:
		signals_read(init);
		break;
	case CONTROL:
		clients_accept(init);
		break;
	case CLIENT:
		control_client(init, who->index);
		break;
	case KEEPER:
		keepers_message(init, who->served, who->index);
		break;
	case HELPER:
		helpers_message(init, who->served, who->index);
		break;
	case DEPOSIT:
		deposits_hung_up(who->served, (uint32_t)who->index);
		break;
	case REHEARSAL:
		upgrade_hear(init);
		break;
	}
}

static msec
deadline(const struct init *init)
{
	msec when = init->control_at != 0 ? init->control_at : CLOCK_NEVER, one;
	int i;

	one = upgrade_deadline(init);
	when = one < when ? one : when;
	for (i = 0; i < init->state.service_count; i++) {
		one = service_deadline(&init->state.services[i].service);
		when = one < when ? one : when;
		one = helpers_deadline(&init->state.services[i]);
		when = one < when ? one : when;
		one = init->state.services[i].steer_at;
		when = one != 0 && one < when ? one : when;
	}
	return when;
}

static void
tick(struct init *init)
{
	msec now = clock_now();
	struct served *sv;
	int i;

	for (i = 0; i < init->state.service_count; i++) {
		sv = &init->state.services[i];
		if (service_deadline(&sv->service) <= now)
			init_event(init, sv, (struct event){ .type = EVENT_TICK });
		if (sv->steer_at != 0 && sv->steer_at <= now)
			perform_steering(sv);
	}
}

static void
turn(struct init *init)
{
	static struct poll_set set;
	int patience = clock_patience(deadline(init), clock_now()), i;

	collect(init, &set);
	if (poll(set.fds, (nfds_t)set.count, init->more_to_reap ? 0 : patience) == -1 &&
	    errno != EINTR)
		log_line(LOG_ERROR, "cannot poll: %m");
	else
		for (i = 0; i < set.count; i++)
			if (set.fds[i].revents != 0)
				dispatch(init, &set.who[i]);
	reap(init);	/* whatever woke us: a SIGCHLD whose child was not found comes only once */
	tick(init);
	init_settle(init);
	upgrade_settle(init);	/* nothing is half done here, and no event waits */
}

int
init_run(struct init *init)
{
	init_settle(init);
	while (!init->ended)
		turn(init);
	return init->status;
}

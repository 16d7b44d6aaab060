/* loop.c - collect one event, step the core on a copy, perform the plan. */
#include <errno.h>
#include <poll.h>

#include "base/log.h"
#include "init/helpers.h"
#include "init/init.h"
#include "init/keepers.h"
#include "init/perform.h"
#include "init/reap.h"
#include "init/report.h"
#include "init/signals.h"

/* Whose descriptor stands at a place of the poll set. */
enum peer_kind { SIGNALS, CONTROL, CLIENT, KEEPER, HELPER };

struct watched {
	enum peer_kind kind;
	int index;
};

enum { POLL_MOST = 2 + CLIENTS + GENERATIONS + HELPERS };

void
init_event(struct init *init, struct event e)
{
	if (init->event_count == EVENTS_MOST) {
		log_line(LOG_ERROR, "an event of type %d was dropped: %d are waiting", (int)e.type,
		    EVENTS_MOST);
		return;
	}
	init->events[(init->first_event + init->event_count++) % EVENTS_MOST] = e;
}

static void
step(struct init *init, const struct event *e)
{
	struct service before = init->state.service, after = before;
	struct plan plan;

	service_step(&after, e, clock_now(), &plan);
	if (plan.overflowed) {
		log_line(LOG_ERROR, "the plan for an event of type %d is too long: event dropped",
		    (int)e->type);
		return;
	}
	init->state.service = after;
	perform(init, &plan);	/* first: clients wait for the steering, nobody for the log */
	report_step(init, &before, e);
}

void
init_settle(struct init *init)
{
	struct event e;

	while (init->event_count > 0) {
		e = init->events[init->first_event];
		init->first_event = (init->first_event + 1) % EVENTS_MOST;
		init->event_count--;
		step(init, &e);
	}
	helpers_settle(init);
	control_settle(init);
}

static int
watch_for(struct pollfd *set, struct watched *who, int count, int fd, enum peer_kind kind,
    int index)
{
	if (fd == -1)
		return count;
	set[count] = (struct pollfd){ .fd = fd, .events = POLLIN };
	who[count] = (struct watched){ kind, index };
	return count + 1;
}

static int
collect(const struct init *init, struct pollfd *set, struct watched *who)
{
	const struct state *st = &init->state;
	int count = 0, i;

	count = watch_for(set, who, count, init->signals, SIGNALS, 0);
	count = watch_for(set, who, count, init->control, CONTROL, 0);
	for (i = 0; i < CLIENTS; i++)
		count = watch_for(set, who, count, st->clients[i].socket, CLIENT, i);
	for (i = 0; i < GENERATIONS; i++)
		if (st->keepers[i].serial != 0)
			count = watch_for(set, who, count, st->keepers[i].channel, KEEPER, i);
	for (i = 0; i < HELPERS; i++)
		count = watch_for(set, who, count, helpers_channel(st, i), HELPER, i);
	return count;
}

/* One message a descriptor a turn, so that no peer starves another. */
static void
dispatch(struct init *init, const struct watched *who)
{
	switch (who->kind) {
	case SIGNALS:
		signals_read(init);
		break;
	case CONTROL:
		control_accept(init);
		break;
	case CLIENT:
		control_client(init, who->index);
		break;
	case KEEPER:
		keepers_message(init, who->index);
		break;
	case HELPER:
		helpers_message(init, who->index);
		break;
	}
}

static msec
deadline(const struct init *init)
{
	msec core = service_deadline(&init->state.service);
	msec helpers = helpers_deadline(init);

	return core < helpers ? core : helpers;
}

static void
turn(struct init *init)
{
	struct pollfd set[POLL_MOST];
	struct watched who[POLL_MOST];
	int count = collect(init, set, who), i;
	int patience = clock_patience(deadline(init), clock_now());

	if (poll(set, (nfds_t)count, init->more_to_reap ? 0 : patience) == -1 && errno != EINTR)
		log_line(LOG_ERROR, "cannot poll: %m");
	else
		for (i = 0; i < count; i++)
			if (set[i].revents != 0)
				dispatch(init, &who[i]);
	if (init->more_to_reap)
		reap(init);
	if (service_deadline(&init->state.service) <= clock_now())
		init_event(init, (struct event){ .type = EVENT_TICK });
	init_settle(init);
}

int
init_run(struct init *init)
{
	init_settle(init);
	while (!init->ended)
		turn(init);
	return init->status;
}

/*
 * init.h - PID 1 at work: the flat state and what it works with.
 *
 * A loop of three moves: collect one event, step the pure core on a copy, perform the plan. Nothing
 * here blocks, allocates after boot, or ends before EFFECT_END.
 */
#ifndef INIT_INIT_H
#define INIT_INIT_H

#include "init/config.h"
#include "init/control.h"
#include "init/place.h"
#include "init/state.h"
#include "init/upgrade.h"

enum { EVENTS_MOST = 128 };

/* An event, and whose it is. */
struct waiting {
	struct served *served;
	struct event event;
};

/* What whoever is above was told last; in the order of a life. */
enum upward_said { UPWARD_NOTHING, UPWARD_READY, UPWARD_RELOADING, UPWARD_STOPPING };

struct init {
	struct state state;
	const struct config *config;
	int signals;			/* signalfd */
	int control;			/* listening, or -1 */
	msec control_at;		/* no descriptor was left to accept with: when to try again */
	struct place place;
	struct upgrade upgrade;
	uint32_t heard;			/* how many messages of clients were */
	struct waiting events[EVENTS_MOST];	/* that came about and were not stepped yet */
	int first_event, event_count;
	struct {
		int socket;		/* -1: nobody is above, or wants to hear */
		enum upward_said said;
	} upward;
	bool more_to_reap;
	bool ending;			/* asked to end, or a critical service has ended */
	bool ended;
	int status;			/* to exit with */
	bool had_children;		/* when it was executed: not its own, so not its to end */
};

/* What the configuration says about a service. */
const struct service_config *init_config(const struct init *init, const struct served *sv);
const struct options *init_options(const struct init *init, const struct served *sv);

/* What is said from here on is about this service (NULL: about baton), where there are several. */
void init_about(const struct init *init, const struct served *sv);

/* Remember an event; it is stepped in this turn of the loop. */
void init_event(struct init *init, struct served *sv, struct event e);

/* Step every remembered event and perform the plans. */
void init_settle(struct init *init);

/* Ask every service to end; a second time: skip the waiting. */
void init_shut_down(struct init *init);

/* A service has ended for good. */
void init_over(struct init *init, struct served *sv, int status);

/* Serve until the end. Returns the exit status. */
int init_run(struct init *init);

#endif

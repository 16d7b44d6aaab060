/*
 * init.h - PID 1 at work: the flat state and what it works with.
 *
 * A loop of three moves: collect one event, step the pure core on a copy, perform the plan. Nothing
 * here blocks, allocates after boot, or ends before EFFECT_END.
 */
#ifndef INIT_INIT_H
#define INIT_INIT_H

#include "init/control.h"
#include "init/options.h"
#include "init/state.h"

enum { EVENTS_MOST = 128 };

struct init {
	struct state state;
	const struct options *options;
	char *const *command;
	int signals;			/* signalfd */
	int control;			/* listening, or -1 */
	struct control_place place;
	struct event events[EVENTS_MOST];	/* that came about and were not stepped yet */
	int first_event, event_count;
	bool more_to_reap;
	bool ended;
	int status;			/* to exit with */
};

/* Remember an event; it is stepped in this turn of the loop. */
void init_event(struct init *init, struct event e);

/* Step every remembered event and perform the plans. */
void init_settle(struct init *init);

/* Serve until the end. Returns the exit status. */
int init_run(struct init *init);

#endif

/*
 * agenda.h - what is going to happen in the invented world, the earliest first.
 *
 * Two that are due at the same time happen in the order in which they were added. Of a fixed size:
 * an agenda that is full loses nothing but tells so, and then the model is wrong, not the core.
 */
#ifndef SIM_AGENDA_H
#define SIM_AGENDA_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "handoff/event.h"

enum { AGENDA_MOST = 512 };

enum happening_type {
	HAPPEN_EVENT,		/* the core hears this event, whatever has become of its serial */
	HAPPEN_END,		/* event.serial, event.code: a keeper ends with this wait status */
	HAPPEN_LOOK,		/* event.serial: a keeper that leaves looks whether it may end */
	HAPPEN_REQUEST,		/* somebody asks for something */
};

struct happening {
	msec at;
	uint32_t order;
	enum happening_type type;
	struct event event;
};

struct agenda {
	int count;
	uint32_t added;
	bool overflowed;
	struct happening heap[AGENDA_MOST];
};

void agenda_add(struct agenda *a, msec at, enum happening_type type, struct event event);

/* When the earliest is due, or CLOCK_NEVER. */
msec agenda_next(const struct agenda *a);

/* Takes the earliest; there must be one. */
struct happening agenda_take(struct agenda *a);

#endif

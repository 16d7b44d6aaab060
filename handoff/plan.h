/*
 * plan.h - what is to be done about an event, in this order. PURE.
 */
#ifndef HANDOFF_PLAN_H
#define HANDOFF_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

enum { PLAN_MOST = 128, NO_SLOT = -1 };

enum effect_type {
	EFFECT_LAUNCH,			/* serial, release, slot: start its keeper; end: with so many workers,
					   0 for all */
	EFFECT_PROBE,			/* serial, slot, first, end, code: find out whether these workers are
					   ready (end 0: all), in answer to this order */
	EFFECT_STEER,			/* slot: all new connections go there, nobody has a share any more; but
					   those of the first `moved` places go to the slot `second` */
	EFFECT_SHARE,			/* serial, slot, share, by_source: so many of them go there instead;
					   share 0: none any more */
	EFFECT_GROW,			/* serial, first, end, code: these workers are to run */
	EFFECT_RETIRE,			/* serial, first, end, code: just these, the others drain and end */
	EFFECT_PROMOTED,		/* serial: it serves; tell its keeper */
	EFFECT_PUBLISH,			/* release: it is live */
	EFFECT_DRAIN,			/* serial, span: within so long */
	EFFECT_STOP,			/* serial: the stop signal */
	EFFECT_KILL,			/* serial, code: the how-manieth time */
	EFFECT_FLUSH,			/* slot: nobody will accept what waits there */
	EFFECT_BAR,			/* all new connections go to the door: nobody will serve them */
	EFFECT_END,			/* code: the exit status of baton */
};

struct effect {
	enum effect_type type;
	uint32_t serial;
	int32_t release;
	int slot;
	int code;
	int share;			/* thousandths */
	bool by_source;
	int first, end;			/* workers first .. end - 1 */
	int second, moved;
	msec span;
};

struct plan {
	int count;
	bool overflowed;		/* a defect: the simulation looks for it */
	struct effect effects[PLAN_MOST];
};

/* The next effect, zeroed but for its type; never NULL. */
struct effect *plan_add(struct plan *plan, enum effect_type type);

#endif

/* plan.c - what is to be done about an event. No system calls. */
#include <string.h>

#include "handoff/plan.h"

struct effect *
plan_add(struct plan *plan, enum effect_type type)
{
	static struct effect spill;
	struct effect *e = &spill;

	if (plan->count < PLAN_MOST)
		e = &plan->effects[plan->count++];
	else
		plan->overflowed = true;
	memset(e, 0, sizeof(*e));
	e->type = type;
	e->slot = NO_SLOT;
	return e;
}

/* calls.c - a trapped call of a worker, and whose room answers it. */
#include <sys/syscall.h>

#include "base/fd.h"
#include "handoff/filter.h"
#include "handoff/keep.h"

static const struct {
	int call;
	void (*consider)(struct keeper *, int index, const struct trap_call *);
} rooms[] = {
	{ SYS_bind, binds_consider },
	{ SYS_shutdown, shield_consider },
};

enum { ROOMS = sizeof(rooms) / sizeof(rooms[0]) };

unsigned
calls_traps(const struct keeper *k)
{
	bool injects = k->config->adopt == ADOPT_AUTO || k->config->adopt == ADOPT_INJECT;

	return injects ? TRAP_BIND | TRAP_SHUTDOWN : 0;
}

void
calls_receive(struct keeper *k, int index)
{
	struct worker *w = &k->workers[index];
	struct trap_call call;
	int i, got;

	/* it ended in this turn, or another worker's call took the last place */
	if (w->notify == -1 || !binds_room(k))
		return;
	if ((got = trap_receive(w->notify, &call)) == -1)
		fd_close(&w->notify);
	if (got != 1)
		return;
	for (i = 0; i < ROOMS; i++)
		if (rooms[i].call == call.call) {
			rooms[i].consider(k, index, &call);
			return;
		}
	trap_go_on(w->notify, call.id);
}

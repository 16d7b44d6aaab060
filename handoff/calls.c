/* calls.c - a trapped call of a worker, and whose room answers it. */
#include <sys/stat.h>
#include <sys/syscall.h>

#include <stdio.h>

#include "base/fd.h"
#include "base/proc.h"
#include "handoff/filter.h"
#include "handoff/keep.h"

static const struct {
	int call;
	void (*consider)(struct keeper *, int index, const struct trap_call *);
} rooms[] = {
	{ SYS_bind, binds_consider },
	{ SYS_shutdown, shield_consider },
	{ SYS_accept, passage_consider },
	{ SYS_accept4, passage_consider },
#ifdef SYS_unlink
	{ SYS_unlink, paths_unlink },
#endif
	{ SYS_unlinkat, paths_unlink },
	{ SYS_connect, paths_connect },
	{ SYS_setsockopt, wishes_note },
};

enum { ROOMS = sizeof(rooms) / sizeof(rooms[0]) };

/* What is not known yet may be a path. */
static bool
has_path(const struct keeper *k)
{
	int i;

	for (i = 0; i < k->slot_count; i++)
		if (k->slots[i].address.family == AF_UNIX)
			return true;
	return k->slot_count == 0 && k->config->learn;
}

unsigned
calls_traps(const struct keeper *k)
{
	bool injects = k->config->adopt == ADOPT_AUTO || k->config->adopt == ADOPT_INJECT;
	unsigned traps = k->config->carry ? TRAP_ACCEPT : 0;

	if (injects)
		traps |= TRAP_BIND | TRAP_SHUTDOWN | (has_path(k) ? TRAP_UNLINK | TRAP_CONNECT : 0) |
		    (wishes_are_seen() ? 0 : TRAP_OPTIONS);
	return traps;
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

int
calls_slot(const struct keeper *k, int worker, pid_t pid, int fd)
{
	struct stat theirs, ours;
	char path[48];
	int i;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)pid, fd);
	if (k->slot_count == 0 || !proc_is_ours() || stat(path, &theirs) == -1)
		return -1;
	for (i = 0; i < k->slot_count; i++)
		if (fstat(k->slots[i].sockets[worker], &ours) == 0 && ours.st_ino == theirs.st_ino &&
		    ours.st_dev == theirs.st_dev)
			return i;
	return -1;
}

/*
 * deposit.h - descriptors that workers leave for whoever comes next (FDSTORE, sd_pid_notify_with_fds(3)).
 *
 * A table of fixed size, in the order in which they came. PID 1 has the one that counts; a keeper has
 * a copy of it, which its workers are given.
 */
#ifndef HANDOFF_DEPOSIT_H
#define HANDOFF_DEPOSIT_H

#include <stdbool.h>
#include <stdint.h>

#include "handoff/notice.h"

enum { DEPOSITS = 128 };

struct deposit {
	uint32_t id;			/* 0: none */
	int fd;
	bool poll;			/* dropped when it hangs up */
	char name[NOTICE_NAME];
};

struct deposits {
	uint32_t ids;			/* given out so far */
	int count;
	struct deposit list[DEPOSITS];
};

/*
 * Keep fd, which is then the table's. id is 0 for a new one. The place; or NULL, and fd is still the
 * caller's: EEXIST when the same open file is there already, ENOSPC when there are `most`.
 */
struct deposit *deposit_add(struct deposits *d, uint32_t id, int fd, const char *name, bool poll,
    int most);

/* NULL for an id of none. */
struct deposit *deposit_find(struct deposits *d, uint32_t id);

/* The first of this name, or NULL. */
struct deposit *deposit_named(struct deposits *d, const char *name);

/* Close it; the ones behind it move up. */
void deposit_drop(struct deposits *d, struct deposit *which);

#endif

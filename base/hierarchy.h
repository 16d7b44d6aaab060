/*
 * hierarchy.h - where a process stands among the cgroups, and the numbers that are kept there.
 *
 * Version 2 has one tree and no controller's name; version 1 has a tree for each controller
 * (cgroups(7)). `mounts` is /sys/fs/cgroup, `own` /proc/self/cgroup; tests give others.
 */
#ifndef BASE_HIERARCHY_H
#define BASE_HIERARCHY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HIERARCHY_MOUNTS "/sys/fs/cgroup"
#define HIERARCHY_OWN "/proc/self/cgroup"

enum { HIERARCHY_TEXT = 4096 };

struct hierarchy {
	const char *mounts;		/* borrowed */
	char own[HIERARCHY_TEXT];	/* lines "ID:CONTROLLERS:PATH" */
};

/* A way up from our own cgroup of one tree to the root of what we see of it. */
struct climb {
	char mount[HIERARCHY_TEXT], path[HIERARCHY_TEXT];
	bool above;			/* the root itself was named */
};

/* Never fails: without such a file nothing is to be found. */
void hierarchy_read(struct hierarchy *h, const char *mounts, const char *own);

/*
 * Begin a climb; controller "" for version 2. Where it is not said where we stand there, only the
 * root is named. False when there is no such tree.
 */
bool hierarchy_begin(const struct hierarchy *h, const char *controller, struct climb *c);

/* The next directory, our own first. False when the root has been named. */
bool hierarchy_next(struct climb *c, char *directory, size_t size);

/* The first number of a file, the second through `second`; -1 when there is none ("max"). */
int64_t hierarchy_number(const char *directory, const char *name, int64_t *second);

/* The number behind a word at the beginning of a line ("inactive_file 4096"); 0 without it. */
int64_t hierarchy_field(const char *text, const char *word);

#endif

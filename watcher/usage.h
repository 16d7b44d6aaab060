/*
 * usage.h - does a build take too much, and how soon must one look again? No system calls.
 */
#ifndef WATCHER_USAGE_H
#define WATCHER_USAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "watcher/container.h"

/* A file costs more than its bytes: a block, its inode, its name. */
#define USAGE_FILE_BYTES (INT64_C(8) * 1024)

/* What was seen. A stock whose total is 0 is not known. */
struct usage {
	int64_t memory;			/* of the build, 0: not known */
	int64_t killed;			/* of the build, by its own cgroup's limit on memory */
	int64_t written;		/* bytes in BATON_OUT and TMPDIR, USAGE_FILE_BYTES a file at least */
	bool nested;			/* directories deeper than one looks */
	int64_t processes;		/* of the build, 0: not known */
	struct stock container, machine;	/* memory */
	struct stock disk, files;	/* where it writes */
};

/* What is configured, 0 for no limit; and whether the kernel holds it to it. */
struct usage_bounds {
	int64_t memory, disk, processes;
	bool processes_held;
	int64_t container_processes;	/* the container's own limit, where processes is what that leaves */
};

/* What must be left of this much memory, so that it is not the kernel who ends something. */
int64_t usage_reserve(int64_t total);

/* What the build may have in all, as things are: for its cgroup. 0 for no limit. */
int64_t usage_memory_limit(const struct usage_bounds *b, const struct usage *u);

/* True when the build must be ended, and one sentence why. */
bool usage_over(const struct usage_bounds *b, const struct usage *u, char *why, size_t size);

/* How long may pass until the next look, so that a quick build cannot take it all meanwhile. */
msec usage_patience(const struct usage_bounds *b, const struct usage *u);

#endif

/*
 * container.h - the memory and the processes that the container has left, going by its cgroups.
 *
 * Read while a build runs, to end it before the kernel ends the container: with memory.oom.group
 * (Kubernetes sets it) who goes over the limit takes everybody along.
 */
#ifndef WATCHER_CONTAINER_H
#define WATCHER_CONTAINER_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

struct container {
	char memory[PATH_MAX];		/* the cgroup with the lowest limit on memory, "" for none */
	char processes[PATH_MAX];	/* ... on processes */
	bool second;			/* memory: of version 2 */
};

/* How much of something there is, and is left. All 0 where it is not limited or not known. */
struct stock {
	int64_t total, left;
};

/* Never fails: what cannot be read is no limit. */
void container_find(struct container *c, const char *mounts, const char *own);

/* The quota of processor time, in hundredths of a processor (150: one and a half); 0 for none. */
int container_cpu(const char *mounts, const char *own);

/* What the kernel could take back at once (files that nobody has changed) counts as left. */
struct stock container_memory(const struct container *c);
struct stock container_processes(const struct container *c);

/* The machine's, of meminfo (proc(5)): MemTotal and MemAvailable. */
struct stock container_machine(const char *meminfo);

#endif

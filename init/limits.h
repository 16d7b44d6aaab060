/*
 * limits.h - what the container may use, as its cgroups say (cgroups(7)).
 *
 * Version 2 (cpu.max, memory.max) and version 1 (cpu.cfs_quota_us, memory.limit_in_bytes); the
 * lowest limit of our own cgroup and all that can be seen above it counts.
 */
#ifndef INIT_LIMITS_H
#define INIT_LIMITS_H

#include <stdint.h>

#include "base/hierarchy.h"

#define LIMITS_CGROUPS HIERARCHY_MOUNTS
#define LIMITS_OWN HIERARCHY_OWN

struct limits {
	int cpus;		/* whole ones, at least 1: the quota rounded up, or the affinity */
	int64_t cpu_percent;	/* the quota, 150 for one and a half; 0 for none */
	int64_t memory;		/* bytes; 0 for no limit */
};

/* Never fails: what cannot be read is no limit. */
void limits_read(struct limits *l, const char *cgroups, const char *own);

#endif

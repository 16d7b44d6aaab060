/* container.c - the memory and the processes that the container has left. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "base/hierarchy.h"
#include "base/text.h"
#include "watcher/container.h"

/* Version 1 writes "no limit" as the largest whole number of pages. */
#define NO_LIMIT (INT64_C(1) << 60)

enum { STAT_TEXT = 8192 };

/* The cgroup with the lowest limit on the way up; returns that, 0 for none. */
static int64_t
lowest(const struct hierarchy *h, const char *controller, const char *name, char *where)
{
	char directory[PATH_MAX];
	int64_t least = 0, n;
	struct climb c;

	if (!hierarchy_begin(h, controller, &c))
		return 0;
	while (hierarchy_next(&c, directory, sizeof(directory))) {
		n = hierarchy_number(directory, name, NULL);
		if (n <= 0 || n >= NO_LIMIT || (least != 0 && n >= least))
			continue;
		least = n;
		text_copy(where, PATH_MAX, directory);
	}
	return least;
}

void
container_find(struct container *c, const char *mounts, const char *own)
{
	struct hierarchy h;

	*c = (struct container){ .second = true };
	hierarchy_read(&h, mounts, own);
	if (lowest(&h, "", "memory.max", c->memory) == 0) {
		c->second = false;
		lowest(&h, "memory", "memory.limit_in_bytes", c->memory);
	}
	if (lowest(&h, "", "pids.max", c->processes) == 0)
		lowest(&h, "pids", "pids.max", c->processes);
}

static int64_t
lowest_quota(const struct hierarchy *h, const char *controller)
{
	char directory[PATH_MAX];
	int64_t least = 0, quota, period;
	struct climb c;

	if (!hierarchy_begin(h, controller, &c))
		return 0;
	while (hierarchy_next(&c, directory, sizeof(directory))) {
		period = 0;
		if (*controller == '\0') {
			quota = hierarchy_number(directory, "cpu.max", &period);
		} else {
			quota = hierarchy_number(directory, "cpu.cfs_quota_us", NULL);
			period = hierarchy_number(directory, "cpu.cfs_period_us", NULL);
		}
		if (quota > 0 && period > 0 && (least == 0 || quota * 100 / period < least))
			least = quota * 100 / period;
	}
	return least;
}

int
container_cpu(const char *mounts, const char *own)
{
	struct hierarchy h;
	int64_t percent;

	hierarchy_read(&h, mounts, own);
	if ((percent = lowest_quota(&h, "")) == 0)
		percent = lowest_quota(&h, "cpu");
	return percent < INT_MAX ? (int)percent : 0;
}

/* Pages of files, and what the kernel remembers of names; what was written and not yet synced, too. */
static int64_t
reclaimable(const struct container *c)
{
	char path[PATH_MAX], text[STAT_TEXT];

	if (snprintf(path, sizeof(path), "%s/memory.stat", c->memory) >= (int)sizeof(path) ||
	    fd_read_text(AT_FDCWD, path, text, sizeof(text)) <= 0)
		return 0;
	if (!c->second)
		return hierarchy_field(text, "total_inactive_file") +
		    hierarchy_field(text, "total_active_file");
	return hierarchy_field(text, "inactive_file") + hierarchy_field(text, "active_file") +
	    hierarchy_field(text, "slab_reclaimable");
}

struct stock
container_memory(const struct container *c)
{
	struct stock s = { 0, 0 };
	int64_t used;

	if (c->memory[0] == '\0')
		return s;
	used = hierarchy_number(c->memory, c->second ? "memory.current" : "memory.usage_in_bytes",
	    NULL);
	s.total = hierarchy_number(c->memory, c->second ? "memory.max" : "memory.limit_in_bytes",
	    NULL);
	if (used < 0 || s.total <= 0 || s.total >= NO_LIMIT)
		return (struct stock){ 0, 0 };
	s.left = s.total - used + reclaimable(c);
	return s;
}

struct stock
container_processes(const struct container *c)
{
	struct stock s = { 0, 0 };
	int64_t used;

	if (c->processes[0] == '\0')
		return s;
	used = hierarchy_number(c->processes, "pids.current", NULL);
	s.total = hierarchy_number(c->processes, "pids.max", NULL);
	if (used < 0 || s.total <= 0)
		return (struct stock){ 0, 0 };
	s.left = s.total - used;
	return s;
}

struct stock
container_machine(const char *meminfo)
{
	struct stock s = { 0, 0 };
	char text[STAT_TEXT];

	if (fd_read_text(AT_FDCWD, meminfo, text, sizeof(text)) <= 0)
		return s;
	s.total = hierarchy_field(text, "MemTotal") * 1024;
	s.left = hierarchy_field(text, "MemAvailable") * 1024;
	return s;
}

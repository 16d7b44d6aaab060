/* limits.c - what the container may use, as its cgroups say. */
#include <limits.h>
#include <sched.h>

#include "base/hierarchy.h"
#include "init/limits.h"

typedef int64_t read_limit(const char *directory);

static int64_t
percent(int64_t quota, int64_t period)
{
	return quota > 0 && period > 0 ? (quota * 100 + period - 1) / period : 0;
}

static int64_t
cpu_v2(const char *directory)
{
	int64_t period = 0, quota = hierarchy_number(directory, "cpu.max", &period);

	return percent(quota, period);
}

static int64_t
cpu_v1(const char *directory)
{
	return percent(hierarchy_number(directory, "cpu.cfs_quota_us", NULL),
	    hierarchy_number(directory, "cpu.cfs_period_us", NULL));
}

static int64_t
memory_v2(const char *directory)
{
	int64_t bytes = hierarchy_number(directory, "memory.max", NULL);

	return bytes > 0 ? bytes : 0;
}

/* Version 1 writes "no limit" as the largest whole number of pages. */
static int64_t
memory_v1(const char *directory)
{
	int64_t bytes = hierarchy_number(directory, "memory.limit_in_bytes", NULL);

	return bytes > 0 && bytes < INT64_C(1) << 60 ? bytes : 0;
}

/* The lowest limit from our own cgroup up to the root of what we see; 0 for none. */
static int64_t
lowest(const struct hierarchy *h, const char *controller, read_limit *read_one)
{
	char directory[PATH_MAX];
	int64_t least = 0, n;
	struct climb c;

	if (!hierarchy_begin(h, controller, &c))
		return 0;
	while (hierarchy_next(&c, directory, sizeof(directory)))
		if ((n = read_one(directory)) > 0 && (least == 0 || n < least))
			least = n;
	return least;
}

static int64_t
lower(int64_t a, int64_t b)
{
	return a == 0 || (b != 0 && b < a) ? b : a;
}

static int
affinity(void)
{
	cpu_set_t set;
	int count = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;

	return count > 0 ? count : 1;
}

void
limits_read(struct limits *l, const char *cgroups, const char *own)
{
	struct hierarchy h;
	int64_t whole;

	hierarchy_read(&h, cgroups, own);
	l->cpu_percent = lower(lowest(&h, "", cpu_v2), lowest(&h, "cpu", cpu_v1));
	l->memory = lower(lowest(&h, "", memory_v2), lowest(&h, "memory", memory_v1));
	whole = (l->cpu_percent + 99) / 100;
	l->cpus = affinity();
	if (whole > 0 && whole < l->cpus)
		l->cpus = (int)whole;
}

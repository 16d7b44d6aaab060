/* limits.c - what the container may use, as its cgroups say. */
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "init/limits.h"

enum { LIST = 4096 };

struct source {
	const char *cgroups;
	char own[LIST];		/* lines "ID:CONTROLLERS:PATH" */
};

typedef int64_t read_limit(const char *directory);

/* The first number of a file, the second through `second`; -1 when there is none ("max"). */
static int64_t
read_number(const char *directory, const char *name, int64_t *second)
{
	char path[PATH_MAX], text[128], *end;
	int64_t n;

	if (snprintf(path, sizeof(path), "%s/%s", directory, name) >= (int)sizeof(path) ||
	    fd_read_text(AT_FDCWD, path, text, sizeof(text)) <= 0)
		return -1;
	n = strtoll(text, &end, 10);
	if (end == text)
		return -1;
	if (second != NULL)
		*second = strtoll(end, NULL, 10);
	return n;
}

static int64_t
percent(int64_t quota, int64_t period)
{
	return quota > 0 && period > 0 ? (quota * 100 + period - 1) / period : 0;
}

static int64_t
cpu_v2(const char *directory)
{
	int64_t period = 0, quota = read_number(directory, "cpu.max", &period);

	return percent(quota, period);
}

static int64_t
cpu_v1(const char *directory)
{
	return percent(read_number(directory, "cpu.cfs_quota_us", NULL),
	    read_number(directory, "cpu.cfs_period_us", NULL));
}

static int64_t
memory_v2(const char *directory)
{
	int64_t bytes = read_number(directory, "memory.max", NULL);

	return bytes > 0 ? bytes : 0;
}

/* Version 1 writes "no limit" as the largest whole number of pages. */
static int64_t
memory_v1(const char *directory)
{
	int64_t bytes = read_number(directory, "memory.limit_in_bytes", NULL);

	return bytes > 0 && bytes < INT64_C(1) << 60 ? bytes : 0;
}

/* Our path below a controller's mount: "" when it is the root or not to be found. */
static void
own_path(const struct source *s, const char *controller, char path[LIST])
{
	char copy[LIST], *line, *rest, *names, *where;

	memcpy(copy, s->own, sizeof(copy));
	path[0] = '\0';
	for (line = strtok_r(copy, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
		if ((names = strchr(line, ':')) == NULL || (where = strchr(++names, ':')) == NULL)
			continue;
		*where++ = '\0';
		if (strcmp(names, controller) == 0 && strcmp(where, "/") != 0)
			snprintf(path, LIST, "%s", where);
	}
}

/* The lowest limit from our own cgroup up to the root of what we see; 0 for none. */
static int64_t
lowest(const struct source *s, const char *mount, const char *controller, read_limit *read_one)
{
	char own[LIST], directory[PATH_MAX];
	int64_t least = 0, n;
	char *up;

	own_path(s, controller, own);
	for (;;) {
		if (snprintf(directory, sizeof(directory), "%s%s%s", s->cgroups, mount, own) <
		    (int)sizeof(directory) && (n = read_one(directory)) > 0 &&
		    (least == 0 || n < least))
			least = n;
		if ((up = strrchr(own, '/')) == NULL)
			return least;
		*up = '\0';
	}
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
	struct source s = { .cgroups = cgroups };
	int64_t whole;

	if (fd_read_text(AT_FDCWD, own, s.own, sizeof(s.own)) == -1)
		s.own[0] = '\0';
	l->cpu_percent = lower(lowest(&s, "", "", cpu_v2), lowest(&s, "/cpu", "cpu", cpu_v1));
	l->cpu_percent = lower(l->cpu_percent, lowest(&s, "/cpu,cpuacct", "cpu,cpuacct", cpu_v1));
	l->memory = lower(lowest(&s, "", "", memory_v2), lowest(&s, "/memory", "memory", memory_v1));
	whole = (l->cpu_percent + 99) / 100;
	l->cpus = affinity();
	if (whole > 0 && whole < l->cpus)
		l->cpus = (int)whole;
}

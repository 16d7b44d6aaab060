/* lookout.c - watches what a build takes while it runs. */
#include <sys/statvfs.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/descend.h"
#include "base/fd.h"
#include "base/hierarchy.h"
#include "base/proc.h"
#include "base/text.h"
#include "watcher/cage.h"
#include "watcher/lookout.h"

/*
 * Entries looked at in one slice (some milliseconds), and how soon the next one follows; where the
 * disk has filled by as much as the build may write, soon.
 */
enum { SLICE = 2000, SLICES_MS = 40, SOON_MS = 1 };

static struct stock
disk_of(const struct statvfs *v)
{
	return (struct stock){
		.total = (int64_t)v->f_blocks * (int64_t)v->f_frsize,
		.left = (int64_t)v->f_bavail * (int64_t)v->f_frsize,
	};
}

/* Some file systems make inodes as they are wanted and say 0. */
static struct stock
files_of(const struct statvfs *v)
{
	return (struct stock){ .total = (int64_t)v->f_files, .left = (int64_t)v->f_favail };
}

/* "Pss:      1234 kB" of smaps_rollup (proc(5), Linux 4.14): shared pages by their share. */
static int64_t
proportional(pid_t pid)
{
	char path[48], text[2048];

	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid);
	if (fd_read_text(AT_FDCWD, path, text, sizeof(text)) <= 0)
		return 0;
	return hierarchy_field(text, "Pss") * 1024;
}

/* The second number of statm. Quick to have, and too much where pages are shared. */
static int64_t
resident(pid_t pid)
{
	char path[48], text[128];
	const char *second;

	snprintf(path, sizeof(path), "/proc/%d/statm", (int)pid);
	if (fd_read_text(AT_FDCWD, path, text, sizeof(text)) <= 0 ||
	    (second = strchr(text, ' ')) == NULL)
		return 0;
	return strtoll(second, NULL, 10) * sysconf(_SC_PAGESIZE);
}

static void
add_resident(pid_t pid, int depth, void *with)
{
	if (depth > 0)
		*(int64_t *)with += resident(pid);
}

static void
add_proportional(pid_t pid, int depth, void *with)
{
	int64_t bytes;

	if (depth > 0)
		*(int64_t *)with += (bytes = proportional(pid)) > 0 ? bytes : resident(pid);
}

/* Exactly only where it matters: that costs the build a lock on each of its pages. */
static int64_t
memory_of_tree(int64_t most)
{
	int64_t sum = 0;

	if (!proc_is_ours())
		return 0;
	descend("/proc", getpid(), add_resident, &sum);
	if (most == 0 || sum <= most)
		return sum;
	sum = 0;
	descend("/proc", getpid(), add_proportional, &sum);
	return sum;
}

/* Of loadavg: "0.20 0.18 0.12 1/80 11206", the number behind the stroke is all threads. */
static int64_t
threads_in_all(void)
{
	char text[128];
	const char *stroke;

	if (fd_read_text(AT_FDCWD, "/proc/loadavg", text, sizeof(text)) <= 0 ||
	    (stroke = strchr(text, '/')) == NULL)
		return 0;
	return strtoll(stroke + 1, NULL, 10);
}

/* Counting is dear, so not before there can be half of what is still allowed more. */
static void
count_processes(struct lookout *l)
{
	int64_t threads = threads_in_all();

	if (threads != 0 && l->seen.processes <= l->bounds.processes && threads - l->threads <
	    (l->bounds.processes - l->seen.processes) / 2)
		return;
	l->threads = threads;
	l->seen.processes = (int64_t)cage_count();
}

static void
look_at_processes(struct lookout *l)
{
	if (l->bounds.processes == 0)
		return;
	if (l->group->path[CGROUP_PIDS][0] != '\0')
		l->seen.processes = cgroup_processes(l->group);
	else
		count_processes(l);
}

/* No build may take what the service forks with: three quarters of what is left of the container's. */
static void
bound_processes(struct lookout *l)
{
	struct stock s = container_processes(&l->container);
	int64_t most = s.left > 0 ? s.left / 4 * 3 : 0;

	/* RLIMIT_NPROC does not bind root, and is no limit of the build alone */
	l->bounds.processes_held = l->group->path[CGROUP_PIDS][0] != '\0';
	if (s.total == 0 || (l->bounds.processes != 0 && l->bounds.processes <= most))
		return;
	l->bounds.processes = most > 0 ? most : 1;
	l->bounds.container_processes = s.total;
	l->bounds.processes_held = false;
}

static void
look_at_memory(struct lookout *l)
{
	struct usage *u = &l->seen;

	u->container = container_memory(&l->container);
	u->machine = container_machine("/proc/meminfo");
	u->killed = cgroup_killed(l->group);
	u->memory = cgroup_memory(l->group);
	if (u->memory == 0 && l->bounds.memory > 0)
		u->memory = memory_of_tree(l->bounds.memory);
	cgroup_limit_memory(l->group, usage_memory_limit(&l->bounds, u));
}

static void
look_at_disk(struct lookout *l)
{
	struct statvfs v;

	if (statvfs(l->out, &v) == 0) {
		l->seen.disk = disk_of(&v);
		l->seen.files = files_of(&v);
	}
	l->seen.written = measure_bytes(&l->measure);
	l->seen.nested = l->measure.nested;
}

void
lookout_open(struct lookout *l, const struct sandbox_config *config,
    const struct cgroup *group, const char *out, const char *temporary, msec now)
{
	*l = (struct lookout){
		.group = group, .out = out, .at = now,
		.bounds = {
			.memory = config->memory_bytes, .disk = config->disk_bytes,
			.processes = config->processes,
		},
		.threads = threads_in_all(),
	};
	container_find(&l->container, HIERARCHY_MOUNTS, HIERARCHY_OWN);
	bound_processes(l);
	look_at_disk(l);
	l->disk = l->seen.disk;
	l->files = l->seen.files;
	measure_open(&l->measure, out, temporary);
	pace_begin(&l->pace, group, now);
	look_at_memory(l);
}

void
lookout_close(struct lookout *l)
{
	measure_close(&l->measure);
}

/* Somebody has written so much, or so many files: it may have been the build. */
static bool
has_filled(const struct lookout *l)
{
	return l->disk.left - l->seen.disk.left > l->bounds.disk ||
	    l->files.left - l->seen.files.left > l->bounds.disk / USAGE_FILE_BYTES;
}

bool
lookout_look(struct lookout *l, msec now, char *why, size_t size)
{
	bool walking = l->bounds.disk > 0 && !measure_some(&l->measure, SLICE);
	msec patience, slices = has_filled(l) ? SOON_MS : SLICES_MS;

	look_at_memory(l);
	look_at_disk(l);
	look_at_processes(l);
	pace_look(&l->pace, l->group, now);
	patience = usage_patience(&l->bounds, &l->seen);
	l->at = now + (walking && patience > slices ? slices : patience);
	if (!usage_over(&l->bounds, &l->seen, why, size))
		return false;
	if (l->seen.memory == 0)
		l->seen.memory = memory_of_tree(0);
	return usage_over(&l->bounds, &l->seen, why, size);
}

bool
lookout_last(struct lookout *l, bool failed, char *why, size_t size)
{
	/* the memory and the processes that it had are free again */
	l->seen = (struct usage){ .killed = failed ? cgroup_killed(l->group) : 0,
		.container = l->seen.container, .machine = l->seen.machine };
	l->seen.container.left = l->seen.container.total;
	l->seen.machine.left = l->seen.machine.total;
	measure_close(&l->measure);
	while (l->bounds.disk > 0 && !measure_some(&l->measure, SLICE))
		if (measure_bytes(&l->measure) > l->bounds.disk)
			break;
	look_at_disk(l);
	return usage_over(&l->bounds, &l->seen, why, size);
}

void
lookout_summary(const struct cgroup *group, const char *mounts, const char *own, char *to,
    size_t size)
{
	struct container c;
	struct stock memory;
	char held[64];

	*to = '\0';
	cgroup_summary(group, held, sizeof(held));
	text_append(to, size, "%s%s", *held ? "cgroup " : "rlimits and watching", held);
	container_find(&c, mounts, own);
	memory = container_memory(&c);
	if (memory.total > 0)
		text_append(to, size, "; of the container's memory (%lldM) a build leaves %lldM",
		    (long long)(memory.total >> 20), (long long)(usage_reserve(memory.total) >> 20));
}

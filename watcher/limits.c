/* limits.c - what a build may take of the machine. */
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/hierarchy.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/text.h"
#include "watcher/brake.h"
#include "watcher/cgroup_place.h"
#include "watcher/container.h"
#include "watcher/limits.h"
#include "watcher/lookout.h"

enum { NICE = 10, PERIOD_US = 100 * 1000 };
enum { EARLY_SCORE = 900, FIRST_SCORE = 1000, LEAST_PERCENT = 5 };

/* ioprio_set(2) has no header: class idle, of this process. */
enum { IOPRIO_WHO_PROCESS = 1, IOPRIO_IDLE = 3 << 13 };

static int
read_score(int fd)
{
	char text[16] = "";

	return pread(fd, text, sizeof(text) - 1, 0) > 0 ? atoi(text) : FIRST_SCORE;
}

static void
write_score(int fd, int score)
{
	char text[16];
	ssize_t length = snprintf(text, sizeof(text), "%d", score);

	if (pwrite(fd, text, (size_t)length, 0) != length)
		errno = 0;	/* not to be helped, and then all have the same */
}

int
limits_go_early(void)
{
	int fd = open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC);

	/* where the whole container has more already it stays so */
	if (fd != -1 && read_score(fd) < EARLY_SCORE)
		write_score(fd, EARLY_SCORE);
	return fd;
}

int
limits_fork_builder(int score)
{
	int before = score != -1 ? read_score(score) : FIRST_SCORE;

	if (score != -1)
		write_score(score, FIRST_SCORE);
	return before;
}

void
limits_forked_builder(int score, int before)
{
	if (score != -1)
		write_score(score, before);
}

/* Where version 2 has a file of its own, for all processes of the cgroup. */
static void
bound_memory(const struct cgroup *g)
{
	/* one of them that needs too much ends the build, and none is swapped out */
	cgroup_set(g, CGROUP_MEMORY, "memory.oom.group", "1");
	cgroup_set(g, CGROUP_MEMORY, "memory.swap.max", "0");
}

/* Whoever else wants a processor goes first (pace.h); what is configured bounds it besides. */
static void
bound_cpu(const struct cgroup *g, int percent)
{
	char quota[64];

	if (g->version == 2) {
		snprintf(quota, sizeof(quota), "%d %d", percent * (PERIOD_US / 100), PERIOD_US);
		cgroup_set(g, CGROUP_CPU, "cpu.max", percent > 0 ? quota : "max");
	} else {
		snprintf(quota, sizeof(quota), "%d", percent * (PERIOD_US / 100));
		cgroup_set(g, CGROUP_CPU, "cpu.cfs_quota_us", percent > 0 ? quota : "-1");
	}
}

/* More than are allowed, by so much that one sees that they are more. */
static void
bound_processes(const struct cgroup *g, int processes)
{
	char most[16];

	snprintf(most, sizeof(most), "%d", processes + processes / 8 + 16);
	cgroup_set(g, CGROUP_PIDS, "pids.max", processes > 0 ? most : "max");
}

int
limits_cpu(const struct sandbox_config *config)
{
	int quota;

	if (config->mode == SANDBOX_OFF || config->cpu_percent > 0)
		return config->mode == SANDBOX_OFF ? 0 : config->cpu_percent;
	if ((quota = container_cpu(HIERARCHY_MOUNTS, HIERARCHY_OWN)) == 0)
		return 0;
	return quota / 2 > LEAST_PERCENT ? quota / 2 : LEAST_PERCENT;
}

void
limits_prepare(struct cgroup *group, const struct sandbox_config *config, bool builds)
{
	int percent = limits_cpu(config);
	char summary[256];

	cgroup_init(group);
	if (!builds || config->mode == SANDBOX_OFF)
		return;
	cgroup_make(group, HIERARCHY_MOUNTS, HIERARCHY_OWN, proc_is_ours() ? getppid() : 0);
	bound_memory(group);
	bound_cpu(group, percent);
	bound_processes(group, config->processes);
	lookout_summary(group, HIERARCHY_MOUNTS, HIERARCHY_OWN, summary, sizeof(summary));
	if (percent > 0)
		text_append(summary, sizeof(summary), "; at most %d.%02d processors", percent / 100,
		    percent % 100);
	log_line(LOG_INFO, "build limits: %s", summary);
}

/* The first of those that we may use. */
static void
keep_to_processors(int count)
{
	cpu_set_t may, some;
	int i;

	if (sched_getaffinity(0, sizeof(may), &may) == -1)
		return;
	CPU_ZERO(&some);
	for (i = 0; i < CPU_SETSIZE && count > 0; i++)
		if (CPU_ISSET(i, &may)) {
			CPU_SET(i, &some);
			count--;
		}
	sched_setaffinity(0, sizeof(some), &some);
}

/* More wait for a processor than there are, for a minute by now (loadavg in proc(5)). */
static bool
is_crowded(void)
{
	double load;

	return getloadavg(&load, 1) == 1 && load > 1.5 * (double)sysconf(_SC_NPROCESSORS_ONLN);
}

/*
 * SCHED_IDLE gives way at once, where SCHED_BATCH, however nice, runs to the end of its slice first
 * (from Linux 6.6 on). But beside a service that keeps all processors busy what is idle does not get
 * on. A cgroup has that seen to (pace.h); without one, who begins in a crowd is nice instead. Each of
 * these may be refused, which changes nothing.
 */
void
limits_yield(const struct sandbox_config *config, const struct cgroup *group)
{
	const struct sched_param none = { .sched_priority = 0 };
	bool grouped = group->path[CGROUP_CPU][0] != '\0';
	int percent = limits_cpu(config);

	setpriority(PRIO_PROCESS, 0, NICE);
	sched_setscheduler(0, grouped || is_crowded() ? SCHED_BATCH : SCHED_IDLE, &none);
	syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_IDLE);
	if (percent > 0 && !grouped)
		keep_to_processors(brake_processors(percent));
}

static int
set(int resource, int64_t most)
{
	struct rlimit limit;

	if (getrlimit((__rlimit_resource_t)resource, &limit) == -1)
		return -1;
	if (limit.rlim_max != RLIM_INFINITY && (rlim_t)most > limit.rlim_max)
		most = (int64_t)limit.rlim_max;
	limit.rlim_cur = limit.rlim_max = (rlim_t)most;
	return setrlimit((__rlimit_resource_t)resource, &limit);
}

static int
can_fork(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	if (pid == -1)
		return errno != EAGAIN;
	waitpid(pid, NULL, 0);
	return 1;
}

enum { SHARING = 4 };

/*
 * RLIMIT_NPROC counts all threads of the user, those in other containers too, which /proc does not
 * show. So find by trying from which limit on one can fork, and add what the build may have; several
 * times that, since builds of other containers, which have the same user, come and go meanwhile.
 * Exactly counts the cgroup or the lookout.
 */
static int
set_processes(int64_t processes)
{
	struct rlimit limit;
	rlim_t most = 64;

	if (getrlimit(RLIMIT_NPROC, &limit) == -1)
		return -1;
	for (; most < (1 << 22); most *= 2) {
		limit.rlim_cur = most < limit.rlim_max ? most : limit.rlim_max;
		if (setrlimit(RLIMIT_NPROC, &limit) == -1)
			return -1;
		if (can_fork() || limit.rlim_cur == limit.rlim_max)
			break;
	}
	return set(RLIMIT_NPROC, (int64_t)limit.rlim_cur + SHARING * processes);
}

int
limits_set(const struct sandbox_config *config)
{
	if (set(RLIMIT_CORE, 0) == -1)
		return -1;
	/* not RLIMIT_AS: Node reserves far more address space than it uses */
	if (config->memory_bytes > 0 && set(RLIMIT_DATA, config->memory_bytes) == -1)
		return -1;
	if (config->disk_bytes > 0 && set(RLIMIT_FSIZE, config->disk_bytes) == -1)
		return -1;
	if (config->processes > 0 && set_processes(config->processes) == -1)
		return -1;
	return 0;
}

void
limits_describe(FILE *to)
{
	struct hierarchy h;
	struct cgroup g;
	char summary[64];

	/* made and removed: nothing else tells whether it can be */
	cgroup_make(&g, HIERARCHY_MOUNTS, HIERARCHY_OWN, 0);
	cgroup_summary(&g, summary, sizeof(summary));
	cgroup_remove(&g);
	hierarchy_read(&h, HIERARCHY_MOUNTS, HIERARCHY_OWN);
	if (*summary != '\0')
		fprintf(to, "held     limits of a whole build: cgroup %s\n", summary);
	else if (cgroup_place_could(&h))
		fprintf(to, "held     limits of a whole build: cgroup v2, where baton is the first "
		    "process\n");
	else
		fprintf(to, "missing  limits of a whole build: no cgroup can be written here; rlimits of "
		    "its processes, and baton watches what it takes in all\n");
}

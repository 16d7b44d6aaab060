/* limits.c - what a build may take of the machine. */
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "watcher/limits.h"

enum { NICE = 10 };

/* ioprio_set(2) has no header: class idle, of this process. */
enum { IOPRIO_WHO_PROCESS = 1, IOPRIO_IDLE = 3 << 13 };

void
limits_go_first(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd != -1)
		fd_write_all(fd, "1000", 4);
	fd_close(&fd);
}

/*
 * SCHED_BATCH and nice rather than SCHED_IDLE: beside a service that keeps the processors busy an
 * idle build would not be slow but never end. Each of these may be refused, which changes nothing.
 */
void
limits_yield(void)
{
	const struct sched_param none = { .sched_priority = 0 };

	sched_setscheduler(0, SCHED_BATCH, &none);
	setpriority(PRIO_PROCESS, 0, NICE);
	syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_IDLE);
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

/*
 * RLIMIT_NPROC counts all threads of the user, those in other containers too, which /proc does not
 * show. So find by trying from which limit on one can fork, and add what the build may have.
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
	return set(RLIMIT_NPROC, (int64_t)limit.rlim_cur + processes);
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

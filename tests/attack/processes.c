/* processes.c - attacks on other processes: look into them, stop them, starve them. */
#include <linux/kcmp.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/attack/attack.h"

enum { IOPRIO_WHO_PROCESS = 1, IOPRIO_IDLE = 3 << 13, IOPRIO_BEST = 2 << 13 };

static pid_t
victim(const char *who)
{
	pid_t pid = attack_victim(who);

	if (pid == 0)
		errno = NO_VICTIM;
	return pid;
}

static int
open_proc(const char *who, const char *file, int flags)
{
	char path[64];
	pid_t pid = victim(who);

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	return pid == 0 ? -1 : open(path, flags | O_CLOEXEC);
}

static int
read_proc(const char *who, const char *file)
{
	int fd = open_proc(who, file, O_RDONLY);
	char byte;

	if (fd == -1)
		return -1;
	return read(fd, &byte, 1) == 1 ? 0 : attack_refused(errno != 0 ? errno : EACCES);
}

static int
write_proc(const char *who, const char *file, const char *text)
{
	int fd = open_proc(who, file, O_WRONLY);

	return fd != -1 && write(fd, text, strlen(text)) > 0 ? 0 : -1;
}

static int read_environment(const char *who) { return read_proc(who, "environ"); }
static int read_maps(const char *who) { return read_proc(who, "maps"); }
static int see_root(const char *who) { return open_proc(who, "root/.", O_RDONLY | O_DIRECTORY) == -1 ? -1 : 0; }
static int see_directory(const char *who) { return open_proc(who, "cwd/.", O_RDONLY | O_DIRECTORY) == -1 ? -1 : 0; }
static int see_descriptors(const char *who) { return open_proc(who, "fd/0", O_PATH) == -1 ? -1 : 0; }
static int enter_namespace(const char *who) { return open_proc(who, "ns/net", O_RDONLY) == -1 ? -1 : 0; }
static int offer_to_the_killer(const char *who) { return write_proc(who, "oom_score_adj", "999"); }
static int starve_its_group(const char *who) { return write_proc(who, "autogroup", "5"); }
static int refuse_cores(const char *who) { return write_proc(who, "coredump_filter", "0"); }

/* The first of its maps, or where they cannot be read, anywhere: refused is refused. */
static uintptr_t
address_of(const char *who)
{
	int fd = open_proc(who, "maps", O_RDONLY);
	char text[32] = "";

	if (fd != -1 && read(fd, text, sizeof(text) - 1) > 0)
		return strtoul(text, NULL, 16);
	return 0x400000;
}

static int
read_memory(const char *who)
{
	uintptr_t at = address_of(who);
	int fd = open_proc(who, "mem", O_RDONLY);
	char byte;

	return fd != -1 && pread(fd, &byte, 1, (off_t)at) == 1 ? 0 : -1;
}

static int
read_memory_by_call(const char *who)
{
	char byte;
	struct iovec to = { &byte, 1 }, from = { (void *)address_of(who), 1 };
	pid_t pid = victim(who);

	return pid != 0 && process_vm_readv(pid, &to, 1, &from, 1, 0) == 1 ? 0 : -1;
}

static int
trace(const char *who)
{
	pid_t pid = victim(who);

	if (pid == 0 || ptrace(PTRACE_SEIZE, pid, NULL, NULL) == -1)
		return -1;
	return 0;
}

static int
take_descriptor(const char *who)
{
	pid_t pid = victim(who);
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	return fd != -1 && syscall(SYS_pidfd_getfd, fd, 0, 0) != -1 ? 0 : -1;
}

static int
compare(const char *who)
{
	return syscall(SYS_kcmp, getpid(), victim(who), KCMP_FILES, 0, 0) >= 0 ? 0 : -1;
}

static int
signal_it(const char *who)
{
	pid_t pid = victim(who);

	return pid == 0 ? -1 : kill(pid, SIGURG);
}

static int
signal_by_descriptor(const char *who)
{
	int fd = (int)syscall(SYS_pidfd_open, victim(who), 0);

	return fd == -1 ? -1 : (int)syscall(SYS_pidfd_send_signal, fd, SIGURG, NULL, 0);
}

static int
signal_by_queue(const char *who)
{
	pid_t pid = victim(who);

	return pid == 0 ? -1 : sigqueue(pid, SIGURG, (union sigval){ .sival_int = 1 });
}

static int
stop_it(const char *who)
{
	pid_t pid = victim(who);

	if (pid == 0 || kill(pid, SIGSTOP) == -1)
		return -1;
	usleep(20 * 1000);
	return kill(pid, SIGCONT);
}

static int
kill_it(const char *who)
{
	pid_t pid = victim(who);

	return pid == 0 ? -1 : kill(pid, SIGKILL);
}

static int
limit_it(const char *who)
{
	struct rlimit limit;
	pid_t pid = victim(who);

	if (pid == 0 || prlimit(pid, RLIMIT_CORE, NULL, &limit) == -1)
		return -1;
	limit.rlim_cur = 0;
	return prlimit(pid, RLIMIT_CORE, &limit, NULL);
}

static int
renice(const char *who)
{
	pid_t pid = victim(who);

	return pid == 0 ? -1 : setpriority(PRIO_PROCESS, (id_t)pid, 19);
}

static int
renice_user(const char *who)
{
	(void)who;
	return setpriority(PRIO_USER, 0, 19);
}

static int
make_idle(const char *who)
{
	const struct sched_param none = { 0 };
	pid_t pid = victim(who);

	return pid == 0 ? -1 : sched_setscheduler(pid, SCHED_IDLE, &none);
}

static int
bind_to_one_processor(const char *who)
{
	cpu_set_t set;
	pid_t pid = victim(who);

	CPU_ZERO(&set);
	CPU_SET(0, &set);
	return pid == 0 ? -1 : sched_setaffinity(pid, sizeof(set), &set);
}

static int
delay_its_disk(const char *who)
{
	return (int)syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, victim(who), IOPRIO_IDLE);
}

/* What a build may do to itself: get before the service again. */
static int
hurry_on_disk(const char *who)
{
	(void)who;
	return (int)syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_BEST);
}

static int
hurry(const char *who)
{
	(void)who;
	return setpriority(PRIO_PROCESS, 0, -10);
}

static int
be_realtime(const char *who)
{
	const struct sched_param first = { .sched_priority = 1 };

	(void)who;
	return sched_setscheduler(0, SCHED_FIFO, &first);
}

static int
move_pages_of(const char *who)
{
	unsigned long nodes = 1;
	pid_t pid = victim(who);

	return pid == 0 ? -1 : syscall(SYS_migrate_pages, pid, 8, &nodes, &nodes) == -1 ? -1 : 0;
}

const struct attack attacks_on_processes[] = {
	{ "environ", read_environment }, { "maps", read_maps }, { "mem", read_memory },
	{ "vm-readv", read_memory_by_call }, { "root", see_root }, { "cwd", see_directory },
	{ "fds", see_descriptors }, { "ns", enter_namespace }, { "ptrace", trace },
	{ "pidfd-getfd", take_descriptor }, { "kcmp", compare }, { "signal", signal_it },
	{ "signal-by-pidfd", signal_by_descriptor }, { "signal-by-queue", signal_by_queue },
	{ "stop", stop_it }, { "kill", kill_it }, { "prlimit", limit_it }, { "setpriority", renice },
	{ "setpriority-user", renice_user }, { "scheduler", make_idle },
	{ "affinity", bind_to_one_processor }, { "ioprio", delay_its_disk },
	{ "oom-score", offer_to_the_killer }, { "autogroup", starve_its_group },
	{ "coredump-filter", refuse_cores }, { "migrate-pages", move_pages_of },
	{ "ioprio-self", hurry_on_disk }, { "nice-self", hurry }, { "realtime-self", be_realtime },
	{ NULL, NULL },
};

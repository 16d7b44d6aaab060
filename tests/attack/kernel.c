/* kernel.c - attacks on what all share: the kernel's rarer doors, privileges, the terminal. */
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <mqueue.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "tests/attack/attack.h"

static int
made(long fd)
{
	return fd == -1 ? -1 : 0;
}

static int user_namespace(const char *a) { (void)a; return unshare(CLONE_NEWUSER); }
static int mount_namespace(const char *a) { (void)a; return unshare(CLONE_NEWNS); }

static int
clone_user_namespace(const char *a)
{
	long pid = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);

	(void)a;
	if (pid == 0)
		_exit(0);
	return made(pid);
}

static int
clone3_user_namespace(const char *a)
{
	const unsigned long long arguments[8] = { [0] = CLONE_NEWUSER, [4] = SIGCHLD };
	long pid = syscall(SYS_clone3, arguments, sizeof(arguments));

	(void)a;
	if (pid == 0)
		_exit(0);
	return made(pid);
}

static int
bind_mount(const char *path)
{
	return mount("/proc/self", path, NULL, MS_BIND, NULL);
}

static int
change_root(const char *path)
{
	return chroot(path);
}

static int
io_uring(const char *a)
{
	char parameters[256] = { 0 };

	(void)a;
	return made(syscall(SYS_io_uring_setup, 1, parameters));
}

static int
userfaultfd(const char *a)
{
	(void)a;
	return made(syscall(SYS_userfaultfd, 1 /* UFFD_USER_MODE_ONLY */));
}

static int
bpf(const char *a)
{
	union bpf_attr attr = { .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4,
		.max_entries = 1 };

	(void)a;
	return made(syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr)));
}

static int
perf(const char *a)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_SOFTWARE, .size = sizeof(attr),
		.config = PERF_COUNT_SW_CPU_CLOCK, .exclude_kernel = 1 };

	(void)a;
	return made(syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0));
}

static int keyctl(const char *a) { (void)a; return made(syscall(SYS_keyctl, 0, -4, 0)); }

static int
add_key(const char *a)
{
	(void)a;
	return made(syscall(SYS_add_key, "user", "attack", "x", 1, -4));
}

/* Of a key that all know: its next user would share it. Nothing of it stays. */
static int
shared_memory(const char *a)
{
	int id = shmget(ftok("/", getpid()), 4096, IPC_CREAT | 0600);

	(void)a;
	return id == -1 ? -1 : shmctl(id, IPC_RMID, NULL);
}

static int
semaphores(const char *a)
{
	int id = semget(ftok("/", getpid()), 1, IPC_CREAT | 0600);

	(void)a;
	return id == -1 ? -1 : semctl(id, 0, IPC_RMID);
}

static int
messages(const char *a)
{
	int id = msgget(ftok("/", getpid()), IPC_CREAT | 0600);

	(void)a;
	return id == -1 ? -1 : msgctl(id, IPC_RMID, NULL);
}

static int
message_queue(const char *a)
{
	char name[64];

	(void)a;
	snprintf(name, sizeof(name), "/attack-%d", (int)getpid());
	return made(mq_open(name, O_RDWR | O_CREAT, 0600, NULL)) == -1 ? -1 : mq_unlink(name);
}

static int
posix_memory(const char *a)
{
	char name[64];

	(void)a;
	snprintf(name, sizeof(name), "/attack-%d", (int)getpid());
	return made(shm_open(name, O_RDWR | O_CREAT, 0600)) == -1 ? -1 : shm_unlink(name);
}

static int
set_time(const char *a)
{
	struct timespec now;

	(void)a;
	clock_gettime(CLOCK_REALTIME, &now);
	return clock_settime(CLOCK_REALTIME, &now);
}

static int
set_name(const char *a)
{
	char name[256];

	(void)a;
	gethostname(name, sizeof(name));
	return sethostname(name, strlen(name));
}

static int
run_and_ask(const char *path)
{
	char *argv[] = { (char *)"again", (char *)"setuid", NULL };
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		execv(path, argv);
		_exit(126);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

/* `path` is this program with a set-user-ID bit. Executed, it says whether that made it another user. */
static int
setuid_program(const char *path)
{
	if (strcmp(path, "again") == 0)
		_exit(getuid() == geteuid() ? 1 : 0);
	return run_and_ask(path) == 0 ? 0 : attack_refused(EPERM);
}

/* What runs from memory alone stands in the same fence: it tries to signal init. */
static int
memory_program(const char *again)
{
	char *argv[] = { (char *)"again", (char *)"memfd", NULL };
	char *none[] = { NULL };
	int from, to, status = 0;
	pid_t pid;

	if (strcmp(again, "again") == 0)
		_exit(kill(1, SIGURG) == 0 ? 0 : errno);
	from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	if (from == -1 || (to = memfd_create("attack", 0)) == -1)
		return -1;
	while (syscall(SYS_copy_file_range, from, NULL, to, NULL, 1 << 20, 0) > 0 ||
	    syscall(SYS_sendfile, to, from, NULL, 1 << 20) > 0)
		;
	if ((pid = fork()) == 0) {
		syscall(SYS_execveat, to, "", argv, none, AT_EMPTY_PATH);
		_exit(errno);
	}
	waitpid(pid, &status, 0);
	return status == 0 ? 0 : attack_refused(WEXITSTATUS(status));
}

/* A terminal of our own, if none is there: what is refused is the request, before any terminal is asked. */
static int
type_into_terminal(const char *a)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY), terminal = -1;
	const char *name;

	(void)a;
	if (master != -1 && grantpt(master) == 0 && unlockpt(master) == 0 &&
	    (name = ptsname(master)) != NULL)
		terminal = open(name, O_RDWR | O_NOCTTY);
	setsid();
	if (ioctl(terminal, TIOCSCTTY, 0) == -1)
		return -1;
	return ioctl(terminal, TIOCSTI, "x");
}

/* Once they have detached they are nobody's children but the subreaper's. */
static int
daemons(const char *count)
{
	int i;

	for (i = atoi(count); i > 0; i--) {
		if (fork() != 0)
			continue;
		setsid();
		if (fork() != 0)
			_exit(0);
		signal(SIGTERM, SIG_IGN);
		alarm(0);
		for (;;)
			pause();
	}
	return 0;
}

/* Descriptors on their way count for the user: with too many nobody of it can send one. */
static int
descriptors_in_flight(const char *count)
{
	union { struct cmsghdr header; char space[CMSG_SPACE(250 * sizeof(int))]; } control;
	struct iovec byte = { (char[1]){ 0 }, 1 };
	struct msghdr m = { .msg_iov = &byte, .msg_iovlen = 1, .msg_control = &control };
	int pair[2], i, sent;

	for (sent = 0; sent < atoi(count); sent += 250) {
		if (sent % 2500 == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == -1)
			return -1;
		m.msg_controllen = sizeof(control.space);
		control.header = (struct cmsghdr){ .cmsg_len = CMSG_LEN(250 * sizeof(int)),
			.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS };
		for (i = 0; i < 250; i++)
			memcpy(CMSG_DATA(&control.header) + i * sizeof(int), &pair[0], sizeof(int));
		if (sendmsg(pair[1], &m, MSG_DONTWAIT) == -1)
			return -1;
	}
	return 0;
}

const struct attack attacks_on_kernel[] = {
	{ "userns", user_namespace }, { "mountns", mount_namespace },
	{ "clone-userns", clone_user_namespace }, { "clone3-userns", clone3_user_namespace },
	{ "mount", bind_mount }, { "chroot", change_root }, { "io-uring", io_uring },
	{ "userfaultfd", userfaultfd }, { "bpf", bpf }, { "perf", perf }, { "keyctl", keyctl },
	{ "add-key", add_key }, { "shm", shared_memory }, { "sem", semaphores }, { "msg", messages },
	{ "mq", message_queue }, { "posix-shm", posix_memory }, { "settime", set_time },
	{ "sethostname", set_name }, { "setuid", setuid_program }, { "memfd", memory_program },
	{ "tiocsti", type_into_terminal }, { "daemons", daemons },
	{ "in-flight", descriptors_in_flight }, { NULL, NULL },
};

/* Goal: what was given up is gone, what was kept works, and the layers nest. */
#include <criterion/criterion.h>
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "base/sandbox.h"
#include "scratch.h"
#include "tests/unit/child.h"

TestSuite(sandbox, .init = scratch_enter, .fini = scratch_leave, .timeout = 30);

static struct sandbox_rule rules[] = {
	{ "read", SANDBOX_LOOK }, { "write", SANDBOX_CHANGE }, { "one", SANDBOX_CHANGE },
	{ "missing", SANDBOX_CHANGE }, { "/dev/null", SANDBOX_USE }, { "list", SANDBOX_LIST },
};

enum { RULES = sizeof(rules) / sizeof(rules[0]) };

static int
try_open(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0644);

	if (fd != -1)
		close(fd);
	return fd == -1 ? errno : 0;
}

static int
files(void)
{
	int abi = sandbox_landlock(rules, RULES, false);

	if (abi == 0)
		return CHILD_CANNOT;
	MUST(abi > 0);
	MUST(try_open("read/a", O_RDONLY) == 0);
	MUST(try_open("read/a", O_WRONLY) == EACCES);
	MUST(try_open("read/b", O_WRONLY | O_CREAT) == EACCES);
	MUST(try_open("write/b", O_WRONLY | O_CREAT) == 0);
	MUST(rename("write/b", "write/c") == 0);
	MUST(mkdir("write/d", 0755) == 0);
	MUST(unlink("write/c") == 0);
	MUST(try_open("one", O_RDWR | O_TRUNC) == 0);
	MUST(try_open("other", O_RDONLY) == EACCES);
	MUST(rename("write/a", "read/c") == -1);
	MUST(link("read/a", "write/e") == -1);
	MUST(mknod("write/dev", S_IFCHR | 0600, 0x0103) == -1);
	MUST(try_open("/dev/null", O_RDWR) == 0);
	MUST(try_open("list", O_RDONLY | O_DIRECTORY) == 0);
	MUST(try_open("list/a", O_RDONLY) == EACCES);
	if (abi >= 6)
		MUST(kill(getppid(), 0) == -1 && errno == EPERM);
	if (abi >= 3)
		MUST(truncate("read/a", 0) == -1 && errno == EACCES);
	/* a second layer gives nothing back */
	MUST(sandbox_landlock(&(struct sandbox_rule){ "/", SANDBOX_CHANGE }, 1, true) == abi);
	MUST(try_open("other", O_RDONLY) == EACCES);
	return 0;
}

Test(sandbox, files)
{
	scratch_write("read/a", "x");
	scratch_write("write/a", "x");
	scratch_write("one", "x");
	scratch_write("other", "x");
	scratch_write("list/a", "x");
	cr_assert_eq(child_run(files), 0);
}

static pid_t parent, child_of_scope;

static int
signals(void)
{
	if (!sandbox_scope())
		return CHILD_CANNOT;
	MUST(kill(parent, 0) == -1 && errno == EPERM);
	if ((child_of_scope = fork()) == 0) {
		sandbox_scope();
		_exit(kill(getppid(), 0) == -1 && errno == EPERM ? 0 : 1);
	}
	int status;
	MUST(waitpid(child_of_scope, &status, 0) == child_of_scope);
	MUST(status == 0);
	if ((child_of_scope = fork()) == 0) {
		sandbox_scope();
		for (;;)
			pause();
	}
	MUST(kill(child_of_scope, SIGKILL) == 0);
	MUST(waitpid(child_of_scope, &status, 0) == child_of_scope);
	return 0;
}

Test(sandbox, a_scope_reaches_down_and_not_up)
{
	parent = getpid();
	cr_assert_eq(child_run(signals), 0);
}

static int
calls(bool net)
{
	struct rlimit limit = { 1, 1 };
	struct sched_param param = { 0 };
	int pair[2], value;

	if (!sandbox_has_seccomp())
		return CHILD_CANNOT;
	MUST(sandbox_keep_capabilities(SANDBOX_KEEP_OVERRIDE) == 0);
	MUST(sandbox_landlock(&(struct sandbox_rule){ "/", SANDBOX_CHANGE }, 1, net) >= 0);
	MUST(sandbox_seccomp(net) == 0);
	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	MUST(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
	MUST(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair) == -1);
	MUST(socketpair(AF_UNIX, SOCK_RAW, 0, pair) == -1);
	MUST(socket(AF_UNIX, SOCK_STREAM, 0) == -1);
	/* the same number in the lower half */
	MUST(syscall(SYS_socket, 0x100000001L, SOCK_STREAM, 0) == -1);
	MUST(socket(AF_INET, SOCK_STREAM, 262) == -1);
	MUST(socket(AF_INET, SOCK_STREAM, 256) == -1);
	MUST(socket(AF_NETLINK, SOCK_RAW, 4) == -1);
	MUST(socket(AF_PACKET, SOCK_RAW, 0) == -1);
	MUST(syscall(463, AT_FDCWD, "read", 0, "user.x", NULL, 0) == -1 && errno == ENOSYS);
	MUST(syscall(100000, 0) == -1 && errno == ENOSYS);
	MUST(fcntl(0, F_SETLEASE, F_RDLCK) == -1 && errno == EINVAL);
	MUST(fcntl(0, F_GETFD) != -1);
	MUST(syscall(SYS_ioprio_set, 1, 0, 3 << 13) == 0);
	MUST(syscall(SYS_ioprio_set, 1, 0, 2 << 13) == -1 && errno == EPERM);
	MUST(prlimit(parent, RLIMIT_CPU, &limit, NULL) == -1 && errno == EPERM);
	MUST(prlimit(0, RLIMIT_CPU, NULL, &limit) == 0);
	MUST(setpriority(PRIO_PROCESS, 0, 5) == 0);
	MUST(setpriority(PRIO_PROCESS, (id_t)parent, 5) == -1);
	MUST(setpriority(PRIO_USER, 0, 5) == -1);
	MUST(sched_setscheduler(0, SCHED_BATCH, &param) == 0);
	MUST(sched_setscheduler(parent, SCHED_BATCH, &param) == -1);
	MUST(syscall(SYS_clone3, NULL, 0) == -1 && errno == ENOSYS);
	MUST(unshare(CLONE_NEWUSER) == -1 && errno == EPERM);
	MUST(syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0) == -1 && errno == EPERM);
	MUST(syscall(SYS_ptrace, 16, parent, 0, 0) == -1 && errno == EPERM);
	MUST(syscall(SYS_io_uring_setup, 1, NULL) == -1 && errno == ENOSYS);
	MUST(syscall(SYS_keyctl, 0, 0, 0, 0, 0) == -1 && errno == ENOSYS);
	MUST(syscall(SYS_shmget, 1, 4096, 01600) == -1 && errno == ENOSYS);
	MUST(syscall(SYS_bpf, 0, NULL, 0) == -1 && errno == EPERM);
	value = 'x';
	MUST(ioctl(0, TIOCSTI, &value) == -1 && errno == EPERM);
	MUST(syscall(SYS_ioctl, 0, 0x100000000L | TIOCSTI, &value) == -1 && errno == EPERM);
	MUST(chown("read", 7, 7) == 0);
	value = fork();
	if (value == 0)
		_exit(0);
	MUST(value > 0 && waitpid(value, NULL, 0) == value);
	return 0;
}

static int
calls_without_net(void)
{
	int result = calls(false);

	if (result != 0)
		return result;
	MUST(socket(AF_INET, SOCK_STREAM, 0) == -1 && errno == EACCES);
	MUST(socket(AF_INET, SOCK_DGRAM, 0) == -1 && errno == EACCES);
	MUST(socket(AF_NETLINK, SOCK_RAW, 0) == -1 && errno == EACCES);
	return 0;
}

static int
bind_to(int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), result;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	result = bind(fd, (struct sockaddr *)&a, sizeof(a));
	if (result == -1)
		result = errno;
	close(fd);
	return result;
}

static int
calls_with_net(void)
{
	int result = calls(true);

	if (result != 0)
		return result;
	MUST(bind_to(0) == 0);
	if (sandbox_probe().landlock >= 4)
		MUST(bind_to(18080) == EACCES);
	MUST(socket(AF_INET6, SOCK_DGRAM, 0) >= 0);
	return 0;
}

Test(sandbox, calls_without_a_network)
{
	struct stat st;

	parent = getpid();
	mkdir("read", 0755);
	cr_assert_eq(child_run(calls_without_net), 0);
	cr_assert_eq(stat("read", &st), 0);
	cr_assert_eq(st.st_uid, getuid(), "said done, and was not");
}

Test(sandbox, calls_with_a_network)
{
	parent = getpid();
	mkdir("read", 0755);
	cr_assert_eq(child_run(calls_with_net), 0);
}

Test(sandbox, what_is_missing_is_named)
{
	struct sandbox_held held = { 0, false, false };
	char text[256];

	sandbox_summary(&held, text, sizeof(text));
	cr_assert_not(sandbox_whole(&held));
	cr_assert_not_null(strstr(text, "no Landlock"));
	cr_assert_not_null(strstr(text, "no seccomp"));
	held = (struct sandbox_held){ 4, true, true };
	sandbox_summary(&held, text, sizeof(text));
	cr_assert_not(sandbox_whole(&held));
	cr_assert_not_null(strstr(text, "Landlock ABI 4, seccomp; "), "%s", text);
	held.landlock = 7;
	sandbox_summary(&held, text, sizeof(text));
	cr_assert_str_eq(text, "Landlock ABI 7, seccomp");
	cr_assert(sandbox_whole(&held));
}

/* trial.c - single facilities of the kernel, each one really tried. */
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "handoff/connections.h"
#include "handoff/listener.h"
#include "handoff/remote.h"
#include "init/trial.h"

extern char **environ;

static int
keep(int fd)
{
	if (fd == -1)
		return -1;
	fd_close(&fd);
	return 0;
}

/* 0 when it exited with 0. */
static int
reap_child(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid)
		return -1;
	errno = WIFEXITED(status) && WEXITSTATUS(status) < 125 ? WEXITSTATUS(status) : EPERM;
	return errno == 0 ? 0 : -1;
}

static int
try_steering(void)
{
	if (listener_steering_works())
		return 0;
	errno = ENOSYS;		/* taken and ignored, as gVisor does, or refused */
	return -1;
}

static int
try_sock_diag(void)
{
	struct connections c;
	int result = connections_open(&c);

	if (result == 0)
		result = connections_look(&c, NULL, 0, NULL, 0, 0);
	connections_free(&c);
	return result;
}

static int
try_pidfd_open(void)
{
	return keep((int)syscall(SYS_pidfd_open, getpid(), 0));
}

/* What a keeper does to a worker's connection, done to a child's standard error. */
static int
try_pidfd_getfd(void)
{
	pid_t pid = fork();
	int pidfd, got, error;

	if (pid == 0) {
		pause();
		_exit(0);
	}
	if (pid == -1)
		return -1;
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	got = pidfd == -1 ? -1 : (int)syscall(SYS_pidfd_getfd, pidfd, STDERR_FILENO, 0);
	error = errno;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	fd_close(&pidfd);
	errno = error;
	return keep(got);
}

/* Stop a child, as a keeper stops a worker for a moment. */
static int
try_ptrace(void)
{
	pid_t pid = fork();
	int result, error;

	if (pid == 0) {
		pause();
		_exit(0);
	}
	if (pid == -1)
		return -1;
	result = (int)ptrace(PTRACE_SEIZE, pid, NULL, NULL);
	error = errno;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	if (result == 0 && !remote_is_known()) {
		result = -1;
		error = ENOSYS;
	}
	errno = error;
	return result;
}

static int
try_subreaper(void)
{
	int result = prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);

	prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
	return result;
}

static int
try_signalfd(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	return keep(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
}

static int
try_memfd(void)
{
	return keep(fd_sealed("trial", "x", 1));
}

/* The child is this binary once more, run from its descriptor, saying its version to nobody. */
static int
try_execveat(void)
{
	char baton[] = "baton", version[] = "version";
	char *const argv[] = { baton, version, NULL };
	int self = open("/proc/self/exe", O_PATH | O_CLOEXEC), null, result;
	pid_t pid;

	if (self == -1)
		return -1;
	if ((pid = fork()) == 0) {
		null = open("/dev/null", O_WRONLY | O_CLOEXEC);
		dup2(null, STDOUT_FILENO);
		syscall(SYS_execveat, self, "", argv, environ, AT_EMPTY_PATH);
		_exit(errno);
	}
	result = pid == -1 ? -1 : reap_child(pid);
	fd_close(&self);
	return result;
}

static int
try_close_range(void)
{
	int fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 100), result;

	if (fd == -1)
		return -1;
	result = (int)syscall(SYS_close_range, fd, fd, 0);
	if (result == -1)
		fd_close(&fd);
	return result;
}

static int
try_inotify(void)
{
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	if (fd != -1 && inotify_add_watch(fd, "/", IN_CREATE) == -1)
		fd_close(&fd);
	return keep(fd);
}

const struct trial trials[] = {
	{ "steering", "a handoff is one setsockopt", try_steering },
	{ "sock_diag", "see which connections are in flight", try_sock_diag },
	{ "pidfd_open", "close quiet connections, or carry them", try_pidfd_open },
	{ "pidfd_getfd", "the same; else the worker is made to do it", try_pidfd_getfd },
	{ "ptrace", "make it do that; else its end closes them", try_ptrace },
	{ "subreaper", "nothing of a generation escapes it", try_subreaper },
	{ "signalfd", "one wait for everything", try_signalfd },
	{ "memfd", "status, and a failed worker's last lines", try_memfd },
	{ "execveat", "start roles without /proc", try_execveat },
	{ "close_range", "a worker gets no descriptor but its own", try_close_range },
	{ "inotify", "see changes at once; else every 2s", try_inotify },
	{ NULL, NULL, NULL },
};

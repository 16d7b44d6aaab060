/* Goal: a process is made to shut a connection down, whatever it waits in, and goes on as it was. */
#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "handoff/remote.h"

static int ends[2];

/* What a worker waits in: 0 when the wait ended as it should, with the connection shut. */
static int
in_epoll(void)
{
	struct epoll_event e = { .events = EPOLLIN | EPOLLRDHUP };
	int fd = epoll_create1(0);

	epoll_ctl(fd, EPOLL_CTL_ADD, ends[0], &e);
	return epoll_wait(fd, &e, 1, 10000) == 1 ? 0 : 1;
}

static int
in_poll(void)
{
	struct pollfd p = { .fd = ends[0], .events = POLLIN };

	return poll(&p, 1, 10000) == 1 ? 0 : 1;
}

static int
in_read(void)
{
	char c;

	return read(ends[0], &c, 1) == 0 ? 0 : 1;
}

static int
in_sleep(void)
{
	struct timespec t = { 0, 300000000 };

	return nanosleep(&t, NULL) == 0 ? in_read() : 1;
}

static bool
sleeps(pid_t pid)
{
	char path[32], state = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if ((f = fopen(path, "r")) == NULL)
		return false;
	if (fscanf(f, "%*d %*s %c", &state) != 1)
		state = 0;
	fclose(f);
	return state == 'S';
}

static pid_t
start(int (*wait)(void))
{
	pid_t pid;

	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	if ((pid = fork()) == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(ends[1]);
		_exit(wait());
	}
	while (!sleeps(pid))
		poll(NULL, 0, 1);
	return pid;
}

static int
shut(pid_t pid, int fd, bool still)
{
	static struct remote r;
	uint64_t args[6] = { (uint64_t)fd, SHUT_RD };
	struct stat st;
	int result = 0;

	cr_assert_eq(fstat(ends[0], &st), 0);
	cr_assert_eq(remote_stop(&r, pid), 0, "errno %d", errno);
	if (still && remote_holds(pid, fd, st.st_ino))
		result = (int)remote_call(&r, SYS_shutdown, args);
	remote_go(&r);
	return result;
}

static void
try(int (*wait)(void))
{
	int status;
	pid_t pid = start(wait);

	cr_assert_eq(shut(pid, ends[0], true), 0, "errno %d", errno);
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert_eq(status, 0, "it did not go on as it was: status %d", status);
}

Test(remote, ends_the_wait_as_it_would_end, .timeout = 20)
{
	if (!remote_is_known())
		cr_skip();
	try(in_epoll);
	try(in_poll);
	try(in_read);
	try(in_sleep);
}

Test(remote, leaves_alone_what_is_not_meant, .timeout = 20)
{
	pid_t pid;
	int status;

	if (!remote_is_known())
		cr_skip();
	pid = start(in_epoll);
	shut(pid, ends[0], false);
	shut(pid, STDERR_FILENO, true);
	cr_assert_eq(waitpid(pid, &status, WNOHANG), 0, "it still waits");
	cr_assert_eq(write(ends[1], "x", 1), 1);
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert_eq(status, 0, "with its epoll_wait, which no signal may end");
}

/* Goal: a worker's connection is taken from it, and it sees a client that has gone, however it waits. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "handoff/graft.h"

enum { MARK = 4711 };

static int ends[2], other[2];
static struct graft g;

/* Its connection, and another one, which stays. 0: the first ended, and the second has a byte. */
static int
end_and_byte(void)
{
	char c;

	return read(ends[0], &c, 1) == 0 && read(other[0], &c, 1) == 1 ? 0 : 1;
}

static int
in_epoll(void)
{
	struct epoll_event e = { .events = EPOLLIN | EPOLLRDHUP, .data.u64 = MARK }, got = { 0 };
	int fd = epoll_create1(0);

	epoll_ctl(fd, EPOLL_CTL_ADD, ends[0], &e);
	if (epoll_wait(fd, &got, 1, 20000) != 1 || got.data.u64 != MARK)
		return 1;
	/* what it does when a client has gone: none of it may fail */
	if (epoll_ctl(fd, EPOLL_CTL_MOD, ends[0], &e) != 0 || end_and_byte() != 0 ||
	    epoll_ctl(fd, EPOLL_CTL_DEL, ends[0], &e) != 0)
		return 2;
	return shutdown(ends[0], SHUT_WR) == 0 && close(ends[0]) == 0 ? 0 : 3;
}

static int
in_edge(void)
{
	struct epoll_event e = { .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.u64 = MARK };
	int fd = epoll_create1(0), other_one = epoll_create1(0);

	epoll_ctl(fd, EPOLL_CTL_ADD, ends[0], &e);
	epoll_ctl(other_one, EPOLL_CTL_ADD, ends[0], &e);
	epoll_wait(fd, &e, 1, 0);		/* it can be written to: reported once */
	epoll_wait(other_one, &e, 1, 0);
	return epoll_wait(fd, &e, 1, 20000) == 1 && epoll_wait(other_one, &e, 1, 0) == 1 &&
	    e.data.u64 == MARK ? end_and_byte() : 1;
}

static int
in_poll(void)
{
	struct pollfd p = { .fd = ends[0], .events = POLLIN };

	return poll(&p, 1, 20000) == 1 ? end_and_byte() : 1;
}

static int
in_read(void)
{
	return end_and_byte();
}

static pid_t
start(int (*wait)(void))
{
	pid_t pid;
	int ready[2];
	char byte;

	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, other), 0);
	cr_assert_eq(pipe(ready), 0);
	if ((pid = fork()) == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(ends[1]);
		close(other[1]);
		(void)!write(ready[1], "r", 1);
		_exit(wait());
	}
	cr_assert_eq(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	close(ready[1]);
	poll(NULL, 0, 50);
	return pid;
}

static void
begin(pid_t pid)
{
	int tries = 100, result;

	while ((result = graft_begin(&g, pid)) == -1 && errno == EAGAIN && tries-- > 0) {
		graft_end(&g);
		poll(NULL, 0, 10);
	}
	cr_assert_eq(result, 0, "errno %d", errno);
}

static void
try(int (*wait)(void))
{
	struct stat before, after;
	int status, copy = -1;
	char byte;
	pid_t pid = start(wait);

	cr_assert_eq(graft_copy(pid, &ends[0], 1, &copy), 0, "errno %d", errno);
	cr_assert_eq(fstat(copy, &after), 0, "a copy came");
	cr_assert_eq(fstat(ends[0], &before), 0);
	cr_assert_eq(before.st_ino, after.st_ino, "of the same connection");
	close(ends[0]);			/* ours: a worker's keeper has none */
	begin(pid);
	cr_assert_eq(graft_take(&g, ends[0]), 0);
	graft_end(&g);
	cr_assert_eq(write(other[1], "x", 1), 1);
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert_eq(status, 0, "status %x", status);
	/* the worker has closed and ended, and the connection is open */
	cr_assert_eq(write(ends[1], "y", 1), 1);
	cr_assert_eq(read(copy, &byte, 1), 1);
	cr_assert_eq(byte, 'y');
	close(copy);
	close(ends[1]);
}

Test(graft, is_an_end_to_who_waits, .timeout = 60)
{
	if (!remote_is_known())
		cr_skip();
	try(in_epoll);
	try(in_edge);
	try(in_poll);
	try(in_read);
}

Test(graft, leaves_no_descriptor_behind, .timeout = 60)
{
	char path[48];
	int status, fd;
	struct stat st;
	pid_t pid;

	if (!remote_is_known())
		cr_skip();
	pid = start(in_read);
	begin(pid);
	graft_end(&g);
	for (fd = other[1] + 1; fd < 64; fd++) {
		snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)pid, fd);
		cr_assert(stat(path, &st) == -1 || !S_ISSOCK(st.st_mode), "%s", path);
	}
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
}

Test(graft, refuses_who_is_not_there, .timeout = 20)
{
	cr_assert_eq(graft_begin(&g, 0x3fffff), -1);
	graft_end(&g);
}

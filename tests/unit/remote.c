/* Goal: a process is made to make other calls, whatever it does, and goes on as it was. */
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

/* --- one that waits in no call ---------------------------------------------------------------- */

static volatile sig_atomic_t alarms;

static void
on_alarm(int signo)
{
	(void)signo;
	alarms++;
}

/* Counts, in registers and on its stack, and asks the kernel for nothing; ends well after a signal. */
static int
in_itself(void)
{
	volatile uint64_t sum = 0;
	uint64_t i;

	signal(SIGALRM, on_alarm);
	(void)!write(ends[0], "r", 1);
	for (i = 0; alarms == 0; i++)
		sum += i;
	return sum == i * (i - 1) / 2 ? 0 : 1;
}

static pid_t
start_counting(void)
{
	char ready;
	pid_t pid;

	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	if ((pid = fork()) == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(ends[1]);
		_exit(in_itself());
	}
	cr_assert_eq(read(ends[1], &ready, 1), 1);
	return pid;
}

/* Stop it, which takes a busy machine a few times. */
static void
stop(struct remote *r, pid_t pid)
{
	int tries = 100;

	while (remote_stop(r, pid) == -1 && errno == EAGAIN && tries-- > 0)
		poll(NULL, 0, 10);
	cr_assert_gt(r->count, 0, "errno %d", errno);
}

Test(remote, leads_who_runs_and_gives_all_back, .timeout = 30)
{
	static struct remote r;
	char wrote[] = "what is written can be read", found[sizeof(wrote)];
	uint64_t at;
	int status, i;
	pid_t pid;

	if (!remote_is_known())
		cr_skip();
	pid = start_counting();
	for (i = 0; i < 20; i++) {
		stop(&r, pid);
		cr_assert_eq(remote_call(&r, SYS_getpid, (uint64_t[6]){ 0 }), pid);
		cr_assert_neq(at = remote_borrow(&r), 0);
		cr_assert_eq(remote_write(&r, at, wrote, sizeof(wrote)), 0);
		cr_assert_eq(remote_read(&r, at, found, sizeof(found)), 0);
		cr_assert_str_eq(found, wrote);
		cr_assert_eq(remote_call(&r, SYS_close, (uint64_t[6]){ 999 }), -1);
		cr_assert_eq(errno, EBADF, "its own errno comes back");
		remote_go(&r);
	}
	kill(pid, SIGALRM);
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert_eq(status, 0, "it did not count right: status %d", status);
}

Test(remote, passes_on_a_signal_that_comes_meanwhile, .timeout = 30)
{
	static struct remote r;
	int status;
	pid_t pid;

	if (!remote_is_known())
		cr_skip();
	pid = start_counting();
	stop(&r, pid);
	kill(pid, SIGALRM);
	cr_assert_eq(remote_call(&r, SYS_getpid, (uint64_t[6]){ 0 }), pid);
	remote_go(&r);
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert_eq(status, 0);
}

Test(remote, can_be_stopped_again_and_again, .timeout = 60)
{
	int status, i;
	pid_t pid;

	if (!remote_is_known())
		cr_skip();
	pid = start_counting();
	for (i = 0; i < 300; i++)
		remote_nudge(pid);
	kill(pid, SIGALRM);
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert_eq(status, 0);
}

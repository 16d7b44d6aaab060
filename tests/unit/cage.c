/* Goal: nothing survives, whatever it did to get away. */
#include <criterion/criterion.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/sandbox.h"
#include "watcher/cage.h"

enum { DAEMONS = 50 };

/* Detached twice over; some with children that are their own subreaper's. */
static void
start_daemon(int number, int alive)
{
	if (fork() != 0)
		return;
	setsid();
	if (fork() != 0)
		_exit(0);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	if (number % 5 == 0) {
		prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
		fork();
	}
	if (write(alive, "x", 1) == 1)
		for (;;)
			pause();
	_exit(0);
}

/*
 * All hold the pipe's end; when the last one is gone it says so. A sibling outside of the scope,
 * of the same user, must not be touched.
 */
static void
try(bool scoped)
{
	int pipe_ends[2], i, status;
	char bytes[DAEMONS * 2];
	pid_t sibling = fork(), caged;
	ssize_t n;

	if (sibling == 0)
		for (;;)
			pause();
	cr_assert_eq(pipe(pipe_ends), 0);
	if ((caged = fork()) == 0) {
		if (scoped && !sandbox_scope())
			_exit(77);
		cage_enter(scoped);
		for (i = 0; i < DAEMONS; i++)
			start_daemon(i, pipe_ends[1]);
		for (i = 0; i < DAEMONS + DAEMONS / 5; i += (int)n)
			if ((n = read(pipe_ends[0], bytes, sizeof(bytes))) <= 0)
				_exit(1);
		cage_empty();
		_exit(0);
	}
	cr_assert_eq(waitpid(caged, &status, 0), caged);
	close(pipe_ends[1]);
	cr_assert(WIFEXITED(status));
	if (WEXITSTATUS(status) != 77) {
		cr_assert_eq(WEXITSTATUS(status), 0);
		cr_assert_eq(read(pipe_ends[0], bytes, 1), 0, "somebody still lives");
	}
	cr_assert_eq(waitpid(sibling, NULL, WNOHANG), 0, "the sibling was hit");
	kill(sibling, SIGKILL);
	waitpid(sibling, NULL, 0);
}

Test(cage, fifty_daemons_in_a_scope, .timeout = 30)
{
	try(true);
}

Test(cage, fifty_daemons_by_list, .timeout = 30)
{
	try(false);
}

/* A child that forks as fast as it can. */
static void
multiply(void)
{
	int i;

	for (i = 0; i < 400; i++)
		if (fork() == 0)
			setsid();
		else
			usleep(200);
	for (;;)
		pause();
}

Test(cage, those_that_fork_all_the_time, .timeout = 60)
{
	pid_t caged = fork();
	int status;

	if (caged == 0) {
		bool scoped = sandbox_scope();

		cage_enter(scoped);
		if (fork() == 0) {
			alarm(20);
			multiply();
		}
		usleep(2000);
		cage_empty();
		_exit(waitpid(-1, NULL, WNOHANG) == -1 ? 0 : 1);
	}
	cr_assert_eq(waitpid(caged, &status, 0), caged);
	cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

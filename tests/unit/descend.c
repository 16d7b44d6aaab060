/* Goal: a process and all below it are found, parents first, and weighed. */
#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/descend.h"
#include "base/proc.h"
#include "handoff/weight.h"

enum { TREE = 3, HEAVY = 32 << 20 };

struct seen {
	int count;
	pid_t pids[TREE + 1];
	int depths[TREE + 1];
};

static void
see(pid_t pid, int depth, void *with)
{
	struct seen *s = with;

	if (s->count <= TREE) {
		s->pids[s->count] = pid;
		s->depths[s->count] = depth;
	}
	s->count++;
}

_Noreturn static void
stay(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	alarm(20);
	for (;;)
		pause();
}

/* A child with a child with a child, the last of which has touched so many bytes. */
static pid_t
start_tree(size_t bytes)
{
	int pipes[2];
	char ready;
	pid_t pid;

	cr_assert_eq(pipe(pipes), 0);
	if ((pid = fork()) == 0) {
		if (fork() != 0)
			stay();
		if (fork() != 0)
			stay();
		if (bytes > 0)
			memset(mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 1, bytes);
		if (write(pipes[1], "r", 1) != 1)
			_exit(1);
		stay();
	}
	cr_assert_eq(read(pipes[0], &ready, 1), 1);
	close(pipes[0]);
	close(pipes[1]);
	return pid;
}

Test(descend, finds_all_below_parents_first, .timeout = 20)
{
	pid_t pid = start_tree(0);
	struct seen s = { 0 };
	int i;

	descend("/proc", pid, see, &s);
	cr_assert_eq(s.count, TREE);
	cr_assert_eq(s.pids[0], pid);
	for (i = 0; i < TREE; i++)
		cr_assert_eq(s.depths[i], i);
	kill(pid, SIGKILL);
}

Test(descend, finds_the_first_alone_where_nothing_is_told, .timeout = 20)
{
	struct seen s = { 0 };

	descend("/nowhere", getpid(), see, &s);
	cr_assert_eq(s.count, 1);
}

Test(weight, is_that_of_all_below, .timeout = 20)
{
	pid_t light = start_tree(0), heavy = start_tree(HEAVY);
	int64_t less = weight_of(light), more = weight_of(heavy);

	cr_expect_gt(less, 4096);
	cr_expect_gt(more, less + HEAVY / 2);
	cr_expect_lt(more, less + 2 * HEAVY);
	kill(light, SIGKILL);
	kill(heavy, SIGKILL);
}

Test(proc, is_ours_here)
{
	cr_assert(proc_is_ours());
}

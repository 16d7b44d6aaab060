/* Goal: points are added, the sum is cut, and a refusal leaves the score as it was. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/capability.h"
#include "base/fd.h"
#include "base/oom.h"
#include "scratch.h"
#include "tests/unit/child.h"

TestSuite(oom, .init = scratch_enter, .fini = scratch_leave, .timeout = 30);

/* The score is the child's own, and what it began with differs from machine to machine. */
static int
score(void)
{
	char text[16];

	if (fd_read_text(AT_FDCWD, "/proc/self/oom_score_adj", text, sizeof(text)) == -1)
		return -9999;
	return atoi(text);
}

static int
add(void)
{
	int before = score();

	MUST(before >= -1000);
	if (before > 900)
		return 0;
	MUST(oom_score(0) == 0 && score() == before);
	MUST(oom_score(70) == 0 && score() == before + 70);
	MUST(oom_score(5000) == 0 && score() == 1000);
	MUST(oom_score(1) == 0 && score() == 1000);
	return 0;
}

Test(oom, points_are_added_and_the_sum_is_cut)
{
	cr_expect_eq(child_run(add), 0);
}

/* Without CAP_SYS_RESOURCE what was once raised by one with it may only go back to there. */
static int
lower(void)
{
	int before = score();

	MUST(capability_raise(0) == 0);
	MUST(oom_score(-2000) == -1 || before == -1000);
	MUST(errno == EACCES || before == -1000);
	MUST(score() == before);
	return 0;
}

Test(oom, lowering_may_be_refused)
{
	cr_expect_eq(child_run(lower), 0);
}

static int
lower_as_root(void)
{
	int before = score();

	if (before > 900 || oom_score(100) == -1 || oom_score(-100) == -1)
		return 0;
	MUST(score() == before);
	return 0;
}

Test(oom, lowering_with_the_right_to_it)
{
	cr_expect_eq(child_run(lower_as_root), 0);
}

static int
without_proc(void)
{
	if (mkdir("empty", 0755) == -1 || chroot("empty") == -1)
		return 0;
	MUST(oom_score(1) == -1 && errno == ENOENT);
	return 0;
}

Test(oom, without_a_proc)
{
	cr_expect_eq(child_run(without_proc), 0);
}

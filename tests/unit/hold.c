/* Goal: a checkout or rebase that goes on is known, and one that was left behind is not waited for. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "scratch.h"
#include "watcher/hold.h"

TestSuite(hold, .init = scratch_enter, .fini = scratch_leave);

enum { STALE = 10000 };

static bool
held(const char *directory)
{
	char real[PATH_MAX];

	return realpath(directory, real) != NULL && hold_for_git(real, STALE);
}

Test(hold, a_lock_of_the_work_tree_above)
{
	const struct timespec long_ago[2] = { { .tv_sec = 1 }, { .tv_sec = time(NULL) - 11 } };

	scratch_write("repo/src/deep/a.md", "1");
	scratch_write("repo/.git/HEAD", "x");
	cr_assert_not(held("repo/src/deep"));
	scratch_write("repo/.git/index.lock", "");
	cr_assert(held("repo/src/deep"));
	cr_assert(held("repo"));
	cr_assert_eq(utimensat(AT_FDCWD, "repo/.git/index.lock", long_ago, 0), 0);
	cr_assert_not(held("repo/src/deep"), "left behind");
	mkdir("repo/.git/rebase-merge", 0755);
	cr_assert(held("repo/src"));
	rmdir("repo/.git/rebase-merge");
	mkdir("repo/.git/rebase-apply", 0755);
	cr_assert(held("repo/src"));
}

Test(hold, a_work_tree_whose_git_is_a_file)
{
	scratch_write("main/.git/worktrees/w/HEAD", "x");
	scratch_write("w/src/a.md", "1");
	scratch_write("w/.git", "gitdir: ../main/.git/worktrees/w\n");
	cr_assert_not(held("w/src"));
	scratch_write("main/.git/index.lock", "");
	cr_assert_not(held("w/src"), "another work tree's");
	scratch_write("main/.git/worktrees/w/index.lock", "");
	cr_assert(held("w/src"));
}

Test(hold, where_no_git_is)
{
	scratch_write("w/.git", "nonsense");
	mkdir("w/src", 0755);
	cr_assert_not(held("w/src"));
}

/* Goal: whatever a build leaves goes: deep, wide, closed; and a link is not followed. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scratch.h"
#include "watcher/files.h"
#include "watcher/separate.h"
#include "watcher/survey.h"

TestSuite(remove, .init = scratch_enter, .fini = scratch_leave, .timeout = 60);

enum { DEEP = 300 };

static char long_name[251];

/* Far beyond what a path can say. */
static void
make_deep(const char *top, int depth)
{
	int at, next, i;

	memset(long_name, 'd', sizeof(long_name) - 1);
	cr_assert_eq(mkdir(top, 0755), 0);
	at = open(top, O_RDONLY | O_DIRECTORY);
	for (i = 0; i < depth; i++) {
		cr_assert_eq(mkdirat(at, long_name, i % 7 == 3 ? 0 : 0755), 0);
		cr_assert_eq(fchmodat(at, long_name, 0755, 0), 0);
		cr_assert_neq(next = openat(at, long_name, O_RDONLY | O_DIRECTORY), -1);
		close(at);
		at = next;
	}
	close(openat(at, "last", O_CREAT | O_WRONLY, 0644));
	cr_assert_eq(mkfifoat(at, "pipe", 0644), 0);
	close(at);
}

Test(remove, what_is_too_deep_for_a_path)
{
	struct survey s;
	char why[128];

	make_deep("out", DEEP);
	cr_assert_eq(survey_take("out", &s, why, sizeof(why)), -1, "nobody has seen the pipe");
	cr_assert_eq(files_remove("out"), 0, "%d", errno);
	cr_assert_eq(access("out", F_OK), -1);
}

Test(remove, what_is_closed_and_what_is_linked)
{
	scratch_write("kept/x", "1");
	scratch_write("out/a/b/c", "1");
	scratch_write("out/baton-deep-0/x", "1");
	make_deep("out/deep", 100);
	cr_assert_eq(symlink("../kept", "out/link"), 0);
	chmod("out/a/b", 0);
	chmod("out/a", 0);
	chmod("out", 0500);
	cr_assert_eq(files_remove("out"), 0, "%d", errno);
	cr_assert_eq(access("out", F_OK), -1);
	cr_assert_eq(access("kept/x", F_OK), 0);
	cr_assert_eq(files_remove("out"), 0, "nothing is left of nothing");
	cr_assert_eq(files_remove("kept/x"), 0, "a file");
	cr_assert_eq(access("kept/x", F_OK), -1);
}

Test(remove, a_wide_one)
{
	char name[32];
	int i;

	mkdir("out", 0755);
	for (i = 0; i < 4000; i++) {
		snprintf(name, sizeof(name), "out/%d", i);
		if (i % 4 != 0)
			close(open(name, O_CREAT | O_WRONLY, 0644));
		else if (mkdir(name, 0755) == 0 && i % 8 == 0) {
			snprintf(name, sizeof(name), "out/%d/x", i);
			close(open(name, O_CREAT | O_WRONLY, 0644));
		}
	}
	cr_assert_eq(files_remove("out"), 0, "%d", errno);
	cr_assert_eq(access("out", F_OK), -1);
}

Test(remove, a_hard_link_is_parted)
{
	struct stat mine, theirs;

	scratch_write("src/x", "first");
	scratch_write("out/deep/y", "own");
	chmod("src/x", 0755);
	cr_assert_eq(link("src/x", "out/deep/x"), 0);
	cr_assert_eq(separate("out"), 0, "%d", errno);
	cr_assert_eq(stat("src/x", &theirs), 0);
	cr_assert_eq(stat("out/deep/x", &mine), 0);
	cr_assert_neq(mine.st_ino, theirs.st_ino);
	cr_assert_eq(mine.st_mode, theirs.st_mode);
	cr_assert_eq(mine.st_size, 5);
	cr_assert_eq(mine.st_mtim.tv_nsec, theirs.st_mtim.tv_nsec);
	cr_assert_eq(theirs.st_nlink, 1);
}

Test(remove, terabytes_of_nothing)
{
	struct survey s, again;
	char why[128];
	int fd;

	scratch_write("out/a", "1");
	fd = open("out/sparse", O_CREAT | O_WRONLY, 0644);
	if (ftruncate(fd, 4LL << 40) == -1)
		cr_skip_test("no sparse files here");
	cr_assert_eq(survey_take("out", &s, why, sizeof(why)), 0, "%s", why);
	cr_assert_eq(pwrite(fd, "x", 1, 3LL << 40), 1);
	cr_assert_eq(survey_take("out", &again, why, sizeof(why)), 0, "%s", why);
	cr_assert_neq(s.digest, again.digest);
	close(fd);
}

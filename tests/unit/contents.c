/* Goal: contents are told from each other, and from what is around them. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scratch.h"
#include "watcher/contents.h"
#include "watcher/tree.h"

TestSuite(contents, .init = scratch_enter, .fini = scratch_leave);

Test(contents, count_and_nothing_else)
{
	uint64_t one, two;

	cr_assert_eq(contents_digest("a"), TREE_ABSENT);
	scratch_write("a", "1");
	one = contents_digest("a");
	cr_assert_gt(one, TREE_ABSENT);
	cr_assert_eq(one >> TREE_DIGEST_BITS, 0);
	chmod("a", 0700);
	cr_assert_eq(utimensat(AT_FDCWD, "a", NULL, 0), 0);
	cr_assert_eq(contents_digest("a"), one);
	scratch_write("a", "2");
	two = contents_digest("a");
	cr_assert_neq(one, two);
	scratch_write("a", "");
	cr_assert_neq(contents_digest("a"), one);
	cr_assert_gt(contents_digest("a"), TREE_ABSENT);
}

Test(contents, a_link_has_those_it_points_at)
{
	uint64_t away;

	scratch_write("d/a", "1");
	cr_assert_eq(symlink("d/a", "l"), 0);
	cr_assert_eq(contents_digest("l"), contents_digest("d/a"));
	cr_assert_eq(symlink("d", "directory"), 0);
	away = contents_digest("directory");
	scratch_write("d/b", "1");
	cr_assert_eq(contents_digest("directory"), away, "what is in it is told by itself");
	unlink("directory");
	cr_assert_eq(symlink("nowhere", "directory"), 0);
	cr_assert_neq(contents_digest("directory"), away);
}

Test(contents, a_pipe_is_not_waited_for)
{
	cr_assert_eq(mkfifo("p", 0600), 0);
	cr_assert_gt(contents_digest("p"), TREE_ABSENT);
}

Test(contents, what_is_too_large_counts_by_its_time)
{
	uint64_t before;
	int fd = open("big", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	const struct timespec times[2] = { { .tv_sec = 1 }, { .tv_sec = 1 } };

	cr_assert_eq(ftruncate(fd, CONTENTS_LARGEST + 1), 0);
	before = contents_digest("big");
	cr_assert_eq(futimens(fd, times), 0);
	cr_assert_neq(contents_digest("big"), before);
	close(fd);
}

/* Goal: what a build wrote by itself, the same as before, is no change. */
#include <criterion/criterion.h>
#include <unistd.h>

#include "scratch.h"
#include "watcher/changes.h"

TestSuite(changes, .init = scratch_enter, .fini = scratch_leave);

Test(changes, the_list_is_written_escaped_and_starts_over)
{
	struct changes *c = changes_new();

	scratch_write("a", "1");
	changes_add(c, "a", CHANGE_NEW);
	changes_add(c, "a", CHANGE_WRITTEN);
	cr_assert_eq(changes_count(c), 1);
	cr_assert_eq(changes_take(c, "list"), 0);
	cr_assert(scratch_holds("list", "a\n"));
	changes_add(c, "line\nend", CHANGE_GONE);
	cr_assert_eq(changes_take(c, "list"), 0);
	cr_assert(scratch_holds("list", "line\\u000aend\n"));
	cr_assert_eq(changes_count(c), 0);
	changes_free(c);
}

Test(changes, the_same_again_is_struck)
{
	struct changes *c = changes_new();

	scratch_write("env.d.ts", "1");
	changes_add(c, "env.d.ts", CHANGE_WRITTEN);
	cr_assert_eq(changes_judge(c), 1, "not known yet");
	cr_assert_eq(changes_judge(c), 1, "and it stays until it is taken");
	cr_assert_eq(changes_take(c, "list"), 0);
	scratch_write("env.d.ts", "1");
	changes_add(c, "env.d.ts", CHANGE_WRITTEN);
	cr_assert_eq(changes_judge(c), 0);
	scratch_write("env.d.ts", "2");
	changes_add(c, "env.d.ts", CHANGE_WRITTEN);
	cr_assert_eq(changes_judge(c), 1);
	changes_free(c);
}

Test(changes, what_came_and_went_is_struck)
{
	struct changes *c = changes_new();

	changes_add(c, "temporary", CHANGE_NEW);
	changes_add(c, "source", CHANGE_GONE);
	cr_assert_eq(changes_judge(c), 1);
	changes_free(c);
}

/* Goal: what a build wrote by itself, the same as before, is no change. */
#include <criterion/criterion.h>
#include <unistd.h>

#include "scratch.h"
#include "watcher/changes.h"
#include "watcher/contents.h"
#include "watcher/tree.h"

static struct tree *known;

static struct changes *
begin(void)
{
	known = tree_new();
	return changes_new(known);
}

/* As a look at the file does. */
static void
change(struct changes *c, const char *path, enum change how)
{
	const struct stamp some = { .kind = 1 };

	changes_add(c, path, how);
	if (how == CHANGE_GONE)
		tree_drop(known, path);
	else
		tree_note(known, path, &some);
}

static void
end(struct changes *c)
{
	changes_free(c);
	tree_free(known);
}

TestSuite(changes, .init = scratch_enter, .fini = scratch_leave);

Test(changes, the_list_is_written_escaped_and_starts_over)
{
	struct changes *c = begin();

	scratch_write("a", "1");
	change(c, "a", CHANGE_NEW);
	change(c, "a", CHANGE_WRITTEN);
	cr_assert_eq(changes_count(c), 1);
	cr_assert_eq(changes_take(c, "list"), 0);
	cr_assert(scratch_holds("list", "a\n"));
	change(c, "line\nend", CHANGE_GONE);
	cr_assert_eq(changes_take(c, "list"), 0);
	cr_assert(scratch_holds("list", "line\\u000aend\n"));
	cr_assert_eq(changes_count(c), 0);
	end(c);
}

Test(changes, the_same_again_is_struck)
{
	struct changes *c = begin();

	scratch_write("env.d.ts", "1");
	change(c, "env.d.ts", CHANGE_WRITTEN);
	cr_assert_eq(changes_judge(c), 1, "not known yet");
	cr_assert_eq(changes_judge(c), 1, "and it stays until it is taken");
	cr_assert_eq(changes_take(c, "list"), 0);
	scratch_write("env.d.ts", "1");
	change(c, "env.d.ts", CHANGE_WRITTEN);
	cr_assert_eq(changes_judge(c), 0);
	scratch_write("env.d.ts", "2");
	change(c, "env.d.ts", CHANGE_WRITTEN);
	cr_assert_eq(changes_judge(c), 1);
	end(c);
}

Test(changes, what_came_and_went_is_struck)
{
	struct changes *c = begin();

	change(c, "temporary", CHANGE_NEW);
	change(c, "source", CHANGE_GONE);
	cr_assert_eq(changes_judge(c), 1);
	end(c);
}

Test(changes, a_touch_of_what_is_known)
{
	const struct stamp some = { .kind = 1 };
	struct changes *c = begin();

	scratch_write("known", "1");
	scratch_write("unknown", "1");
	tree_note(known, "known", &some);
	tree_note(known, "unknown", &some);
	tree_learn(known, "known", contents_digest("known"));
	change(c, "known", CHANGE_WRITTEN);
	cr_assert_eq(changes_judge(c), 0, "the same contents");
	change(c, "unknown", CHANGE_WRITTEN);
	cr_assert_eq(changes_judge(c), 1, "who knows what they were");
	end(c);
}

Test(changes, there_and_back_again)
{
	struct changes *c = begin();

	scratch_write("page", "one");
	change(c, "page", CHANGE_NEW);
	cr_assert_eq(changes_take(c, "list"), 0);
	scratch_write("page", "two");
	change(c, "page", CHANGE_WRITTEN);
	unlink("page");
	change(c, "page", CHANGE_GONE);
	scratch_write("page", "one");
	change(c, "page", CHANGE_NEW);
	cr_assert_eq(changes_judge(c), 0, "as the last build saw it");
	cr_assert_eq(tree_digest(known, "page"), contents_digest("page"));
	scratch_write("page", "two");
	change(c, "page", CHANGE_WRITTEN);
	cr_assert_eq(changes_judge(c), 1);
	scratch_write("page", "three");
	change(c, "page", CHANGE_WRITTEN);
	cr_assert_eq(changes_take(c, "list"), 0);
	cr_assert_eq(tree_digest(known, "page"), contents_digest("page"), "not what was judged");
	end(c);
}

/* Goal: the tree knows what changed, whatever was forgotten in between. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "watcher/tree.h"

static int gone_count;
static char gone_last[64];

static void
count_gone(void *with, const char *path)
{
	(void)with;
	gone_count++;
	snprintf(gone_last, sizeof(gone_last), "%s", path);
}

static const struct stamp one = { .kind = 1, .inode = 2, .size = 3, .mtime_ns = 4, .ctime_ns = 5 };

Test(tree, each_field_of_a_stamp_counts)
{
	struct stamp changed[5] = { one, one, one, one, one };
	struct tree *t = tree_new();
	int i;

	changed[0].kind++;
	changed[1].inode++;
	changed[2].size++;
	changed[3].mtime_ns++;
	changed[4].ctime_ns++;
	cr_assert_eq(tree_note(t, "a", &one), TREE_NEW);
	cr_assert_eq(tree_note(t, "a", &one), TREE_SAME);
	for (i = 0; i < 5; i++) {
		cr_expect_eq(tree_note(t, "a", &changed[i]), TREE_CHANGED, "%d", i);
		cr_expect_eq(tree_note(t, "a", &changed[i]), TREE_SAME, "%d", i);
	}
	tree_free(t);
}

Test(tree, a_sweep_finds_what_was_not_seen_again)
{
	struct tree *t = tree_new();

	tree_turn(t);
	tree_note(t, "src/a", &one);
	tree_note(t, "src/b", &one);
	tree_note(t, "other", &one);
	tree_turn(t);
	tree_note(t, "src/a", &one);
	cr_assert_eq(tree_sweep(t, "src", count_gone, NULL), 1);
	cr_assert_str_eq(gone_last, "src/b");
	cr_assert_eq(tree_count(t), 2, "other was not asked about");
	cr_assert_eq(tree_sweep(t, "", count_gone, NULL), 1);
	cr_assert_str_eq(gone_last, "other");
	tree_free(t);
}

Test(tree, below_knows_borders)
{
	cr_assert(tree_below("a/b", "a"));
	cr_assert(tree_below("a/b", "a/"));
	cr_assert(tree_below("a", "a"));
	cr_assert(tree_below("a", ""));
	cr_assert(tree_below("/a", "/"));
	cr_assert_not(tree_below("ab", "a"));
	cr_assert_not(tree_below("a", "a/b"));
}

Test(tree, a_digest_stays_with_its_path)
{
	struct tree *t = tree_new();

	cr_assert_not(tree_learn(t, "a", 7), "a path that was never noted");
	tree_note(t, "a", &one);
	cr_assert_eq(tree_digest(t, "a"), TREE_UNKNOWN);
	cr_assert(tree_learn(t, "a", 0xfffffffffff7));
	tree_note(t, "a", &one);
	cr_assert_eq(tree_digest(t, "a"), 0xfffffffffff7);
	tree_drop(t, "a");
	cr_assert_eq(tree_digest(t, "a"), TREE_UNKNOWN);
	tree_free(t);
}

Test(tree, what_was_looked_at_too_soon_is_unsure_once)
{
	struct stamp fresh = one;
	struct tree *t = tree_new();

	fresh.fresh = true;
	tree_note(t, "a", &fresh);
	cr_assert_not(tree_same(t, "a", &one));
	cr_assert_eq(tree_note(t, "a", &one), TREE_UNSURE);
	cr_assert(tree_same(t, "a", &one));
	cr_assert_eq(tree_note(t, "a", &one), TREE_SAME);
	tree_free(t);
}

Test(tree, the_unknown_are_named_one_by_one)
{
	struct tree *t = tree_new();
	char path[64], small[4];
	size_t at = 0;

	tree_note(t, "/top", &one);
	tree_note(t, "a/b/c", &one);
	tree_note(t, "known", &one);
	tree_learn(t, "known", 7);
	cr_assert(tree_next_unknown(t, &at, path, sizeof(path)));
	cr_assert_str_eq(path, "/top");
	cr_assert(tree_next_unknown(t, &at, path, sizeof(path)));
	cr_assert_str_eq(path, "a/b/c");
	cr_assert_not(tree_next_unknown(t, &at, path, sizeof(path)));
	at = 0;
	cr_assert_not(tree_next_unknown(t, &at, small, sizeof(small)), "too long to be named");
	tree_free(t);
}

Test(tree, a_path_is_a_file_and_a_directory)
{
	struct tree *t = tree_new();

	tree_note(t, "link", &one);
	tree_note(t, "link/a", &one);
	tree_note(t, "/", &one);
	tree_note(t, "/x/y", &one);
	cr_assert_eq(tree_count(t), 4);
	cr_assert(tree_drop(t, "link"));
	cr_assert(tree_has(t, "link/a"));
	cr_assert_not(tree_has(t, "link"));
	cr_assert_eq(tree_forget(t, "/x", count_gone, NULL), 1);
	cr_assert_str_eq(gone_last, "/x/y");
	cr_assert_eq(tree_forget(t, "/", NULL, NULL), 2);
	tree_free(t);
}

/* Names that are forgotten make room again. */
Test(tree, new_names_for_ever)
{
	struct tree *t = tree_new();
	char path[64];
	int i;

	for (i = 0; i < 300000; i++) {
		snprintf(path, sizeof(path), "tmp/%d/a-name-that-is-long-%d", i, i);
		tree_note(t, path, &one);
		if (i == 1000)
			tree_note(t, "stays", &one);
		cr_assert(tree_drop(t, path));
	}
	cr_assert(tree_has(t, "stays"));
	cr_assert_eq(tree_count(t), 1);
	tree_free(t);
}

/* Against a plain array, through growth, graves and reuse. */
Test(tree, a_hundred_thousand_steps_agree_with_a_plain_array)
{
	enum { PATHS = 3000, STEPS = 100000 };
	static int64_t there[PATHS];	/* size, 0: not there */
	struct tree *t = tree_new();
	unsigned seed = 7;
	size_t count = 0;
	int step;

	for (step = 0; step < STEPS; step++) {
		int i = rand_r(&seed) % PATHS;
		struct stamp s = { .size = 1 + rand_r(&seed) % 2 };
		char path[32];

		snprintf(path, sizeof(path), "d%d/f%d", i % 50, i);
		if (rand_r(&seed) % 3 == 0) {
			cr_assert_eq(tree_drop(t, path), there[i] != 0);
			count -= there[i] != 0;
			there[i] = 0;
		} else {
			enum tree_change want = there[i] == 0 ? TREE_NEW :
			    there[i] != s.size ? TREE_CHANGED : TREE_SAME;

			cr_assert_eq(tree_note(t, path, &s), want);
			count += there[i] == 0;
			there[i] = s.size;
		}
		cr_assert_eq(tree_count(t), count);
	}
	cr_assert_eq(tree_forget(t, "", count_gone, NULL), count);
	cr_assert_eq((size_t)gone_count, count);
	tree_free(t);
}

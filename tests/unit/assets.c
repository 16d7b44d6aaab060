/* Goal: releases lend each other hashed files and nothing else, and take back what nobody lends any more. */
#include <sys/stat.h>

#include <criterion/criterion.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "scratch.h"
#include "watcher/assets.h"
#include "watcher/store.h"

TestSuite(assets, .init = scratch_enter, .fini = scratch_leave);

static void
unite(const char *list, int32_t a, int32_t b, int32_t c)
{
	const int32_t staying[] = { a, b, c, 0 };

	cr_assert_eq(assets_unite("r", list, staying), 0);
}

static ino_t
inode(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? st.st_ino : 0;
}

Test(assets, both_ways_by_links)
{
	scratch_write("r/1/a/index.BKx3_f9Q.css", "one");
	scratch_write("r/1/a/favicon.ico", "one");
	scratch_write("r/1/server.BKx3_f9Q.mjs", "not in the directory");
	scratch_write("r/2/a/deep/main-4f3d2a1b.js", "two");
	unite("a", 2, 1, 0);
	cr_assert(scratch_holds("r/2/a/index.BKx3_f9Q.css", "one"));
	cr_assert(scratch_holds("r/1/a/deep/main-4f3d2a1b.js", "two"));
	cr_assert_eq(inode("r/2/a/index.BKx3_f9Q.css"), inode("r/1/a/index.BKx3_f9Q.css"));
	cr_assert_not(scratch_exists("r/2/a/favicon.ico"));
	cr_assert_not(scratch_exists("r/2/server.BKx3_f9Q.mjs"));
	cr_assert(scratch_holds("r/2.assets", "a/index.BKx3_f9Q.css\n"));
	cr_assert(scratch_holds("r/1.assets", "a/deep/\na/deep/main-4f3d2a1b.js\n"));
	unite("a", 2, 1, 0);
	cr_assert(scratch_holds("r/2.assets", "a/index.BKx3_f9Q.css\n"), "once more changes nothing");
}

Test(assets, what_nobody_lends_any_more_goes)
{
	scratch_write("r/1/a/one.BKx3_f9Q.css", "1");
	scratch_write("r/2/a/two.BKx3_f9Q.css", "2");
	scratch_write("r/3/a/b/three.BKx3_f9Q.css", "3");
	unite("a", 3, 2, 1);
	cr_assert(scratch_exists("r/3/a/one.BKx3_f9Q.css"));
	cr_assert(scratch_exists("r/1/a/b/three.BKx3_f9Q.css"));
	/* 1 stays on the disk a little longer */
	unite("a", 3, 2, 0);
	cr_assert_not(scratch_exists("r/3/a/one.BKx3_f9Q.css"));
	cr_assert_not(scratch_exists("r/2/a/one.BKx3_f9Q.css"));
	cr_assert(scratch_exists("r/2/a/b/three.BKx3_f9Q.css"));
	cr_assert(scratch_exists("r/1/a/one.BKx3_f9Q.css"));
	/* back to 2 alone: the directory that was made for 3 goes with it, and so does the list */
	unite("a", 2, 0, 0);
	cr_assert_not(scratch_exists("r/2/a/b"));
	cr_assert_not(scratch_exists("r/2.assets"));
	cr_assert(scratch_holds("r/2/a/two.BKx3_f9Q.css", "2"));
}

Test(assets, what_is_borrowed_is_not_lent_on)
{
	scratch_write("r/1/a/one.BKx3_f9Q.css", "1");
	scratch_write("r/2/a/two.BKx3_f9Q.css", "2");
	unite("a", 2, 1, 0);
	scratch_write("r/3/a/three.BKx3_f9Q.css", "3");
	unite("a", 3, 2, 0);
	cr_assert_not(scratch_exists("r/3/a/one.BKx3_f9Q.css"), "2 only had it from 1");
	cr_assert_not(scratch_exists("r/2/a/one.BKx3_f9Q.css"));
}

Test(assets, its_own_is_never_touched)
{
	scratch_write("r/1/a/x.BKx3_f9Q.css", "mine");
	scratch_write("r/2/a/x.BKx3_f9Q.css", "yours");
	unite("a", 2, 1, 0);
	cr_assert(scratch_holds("r/1/a/x.BKx3_f9Q.css", "mine"));
	cr_assert(scratch_holds("r/2/a/x.BKx3_f9Q.css", "yours"));
	cr_assert_not(scratch_exists("r/1.assets"));
	unite("a", 2, 0, 0);
	cr_assert(scratch_holds("r/2/a/x.BKx3_f9Q.css", "yours"));
}

Test(assets, all_of_a_directory)
{
	scratch_write("r/1/s/logo.svg", "1");
	scratch_write("r/1/a/logo.svg", "1");
	scratch_write("r/2/x", "");
	unite("a:s=all", 2, 1, 0);
	cr_assert(scratch_holds("r/2/s/logo.svg", "1"));
	cr_assert_not(scratch_exists("r/2/a/logo.svg"));
	unite("a", 2, 1, 0);
	cr_assert_not(scratch_exists("r/2/s"), "it is no asset any more");
}

Test(assets, links_are_not_followed)
{
	scratch_write("r/1/a/x.BKx3_f9Q.css", "1");
	scratch_write("outside/y", "");
	mkdir("r/2", 0755);
	cr_assert_eq(symlink("../../outside", "r/2/a"), 0);
	cr_assert_eq(assets_unite("r", "a", (const int32_t[]){ 2, 1, 0 }), -1);
	cr_assert_not(scratch_exists("outside/x.BKx3_f9Q.css"));
	cr_assert_eq(symlink("x.BKx3_f9Q.css", "r/1/a/z.BKx3_f9Q.css"), 0);
	scratch_write("r/3/x", "");
	unite("a", 3, 1, 0);
	cr_assert_neq(access("r/3/a/z.BKx3_f9Q.css", F_OK), 0);
}

Test(assets, cut_off_between_the_list_and_the_link)
{
	scratch_write("r/1/a/x.BKx3_f9Q.css", "1");
	scratch_write("r/2/y", "");
	scratch_write("r/2.assets", "a/\na/x.BKx3_f9Q.css\n");
	scratch_write("r/.assets.2", "half");
	unite("a", 2, 1, 0);
	cr_assert(scratch_holds("r/2/a/x.BKx3_f9Q.css", "1"));
	cr_assert_not(scratch_exists("r/.assets.2"));
	/* and before what is listed was removed from it */
	scratch_write("r/2.assets", "a/\na/.baton-asset\na/gone.BKx3_f9Q.css\na/x.BKx3_f9Q.css\n");
	scratch_write("r/2/a/.baton-asset", "half of a copy");
	unite("a", 2, 1, 0);
	cr_assert_not(scratch_exists("r/2/a/.baton-asset"));
	cr_assert(scratch_holds("r/2.assets", "a/\na/x.BKx3_f9Q.css\n"));
}

static const struct {
	const char *list;
	int directories;	/* -1: not accepted */
} lists[] = {
	{ "client/_astro", 1 }, { "client/_astro:static=all", 2 }, { "a,b:c/", 3 }, { ":a::", 1 },
	{ "..a", 1 }, { "", 0 }, { "/etc", -1 }, { "../x", -1 }, { "a/../..", -1 }, { "a=some", -1 },
	{ "a=allof", -1 }, { "=all", -1 }, { "a=", -1 },
};

Test(assets, lists)
{
	char path[PATH_MAX];
	size_t i;
	bool all;

	for (i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		const char *at = lists[i].list;
		int got, count = 0;

		while ((got = assets_next(&at, path, sizeof(path), &all)) == 1)
			count++;
		cr_expect_eq(got == -1 ? -1 : count, lists[i].directories, "%s", lists[i].list);
	}
}

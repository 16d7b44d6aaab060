/* Goal: whatever is done to the watched trees is seen, and what is ignored is not. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "scratch.h"
#include "watcher/files.h"
#include "watcher/sight.h"
#include "watcher/tree.h"

static struct tree *seen;

static void
on_change(void *with, const char *path, enum change change)
{
	const struct stamp s = { .kind = change };

	(void)with;
	tree_note(seen, path, &s);
}

static void
begin(void)
{
	scratch_enter();
	log_open(LOG_ERROR, false);
	seen = tree_new();
}

TestSuite(sight, .init = begin, .fini = scratch_leave, .timeout = 60);

static struct watch_config config = { .roots = "src", .live = "dist", .releases = ".baton/releases" };

static struct sight *
look(void)
{
	return sight_open(&config, on_change, NULL);
}

/* Take what inotify says now, and what a doubt makes of it. */
static void
catch_up(struct sight *s)
{
	struct pollfd p = { .fd = sight_descriptor(s), .events = POLLIN };
	msec now;

	do {
		while (sight_read(s))
			;
		now = clock_now();
		if (sight_deadline(s) <= now + 1000) {
			poll(NULL, 0, clock_patience(sight_deadline(s), now));
			sight_time(s, clock_now());
		}
	} while (poll(&p, 1, 0) == 1);
}

/* Was this path seen, and forget all that was. */
static bool
saw(struct sight *s, const char *path)
{
	bool was;

	catch_up(s);
	was = tree_find(seen, path) != NULL;
	tree_forget(seen, "", NULL, NULL);
	return was;
}

static bool
saw_nothing(struct sight *s)
{
	bool nothing;

	catch_up(s);
	nothing = tree_count(seen) == 0;
	tree_forget(seen, "", NULL, NULL);
	return nothing;
}

Test(sight, files_are_written_made_moved_and_deleted)
{
	struct sight *s;

	scratch_write("src/a.md", "1");
	s = look();
	cr_assert(saw_nothing(s), "what was there is no change");
	scratch_write("src/a.md", "2");
	cr_assert(saw(s, "src/a.md"));
	scratch_write("src/b.md", "1");
	cr_assert(saw(s, "src/b.md"));
	cr_assert_eq(rename("src/b.md", "src/c.md"), 0);
	catch_up(s);
	cr_assert_not_null(tree_find(seen, "src/b.md"));
	cr_assert(saw(s, "src/c.md"));
	/* as editors save */
	scratch_write("src/.c.swp", "2");
	cr_assert_eq(rename("src/.c.swp", "src/c.md"), 0);
	cr_assert(saw(s, "src/c.md"));
	unlink("src/c.md");
	cr_assert(saw(s, "src/c.md"));
	cr_assert_eq(utimensat(AT_FDCWD, "src/a.md", NULL, 0), 0);
	cr_assert(saw(s, "src/a.md"), "touched");
	cr_assert(saw_nothing(s));
	sight_close(s);
}

enum { CHAINS = 400 };

static void
make_chains(void)
{
	char path[128];
	int i;

	for (i = 0; i < CHAINS; i++) {
		snprintf(path, sizeof(path), "src/d%d/e/f/g/h.md", i);
		scratch_write(path, "x");
	}
}

/* By another process, so that what appears between the look and the watch would be lost. */
Test(sight, directories_nested_while_they_are_looked_at)
{
	struct sight *s;
	char path[128];
	pid_t maker;
	int i;

	mkdir("src", 0755);
	s = look();
	if ((maker = fork()) == 0) {
		make_chains();
		_exit(0);
	}
	while (waitpid(maker, NULL, WNOHANG) == 0)
		sight_read(s);
	catch_up(s);
	for (i = 0; i < CHAINS; i++) {
		snprintf(path, sizeof(path), "src/d%d/e/f/g/h.md", i);
		cr_expect_not_null(tree_find(seen, path), "%s", path);
	}
	tree_forget(seen, "", NULL, NULL);
	scratch_write("src/d7/e/f/g/h.md", "y");
	cr_assert(saw(s, "src/d7/e/f/g/h.md"));
	sight_close(s);
}

Test(sight, a_directory_that_moves_takes_its_name_along)
{
	char before[64], after[64];
	struct sight *s;

	scratch_write("src/one/x.md", "1");
	scratch_write("outside/y.md", "1");
	s = look();
	cr_assert_eq(rename("src/one", "src/two"), 0);
	catch_up(s);
	cr_assert_not_null(tree_find(seen, "src/one/x.md"));
	cr_assert(saw(s, "src/two/x.md"));
	scratch_write("src/two/x.md", "2");
	cr_assert(saw(s, "src/two/x.md"));
	scratch_write("src/two/new.md", "2");
	cr_assert(saw(s, "src/two/new.md"));
	sight_summary(s, before, sizeof(before));
	cr_assert_eq(rename("outside", "src/in"), 0);
	cr_assert(saw(s, "src/in/y.md"));
	cr_assert_eq(rename("src/in", "outside"), 0);
	cr_assert(saw(s, "src/in/y.md"));
	scratch_write("outside/y.md", "2");
	cr_assert(saw_nothing(s), "it is outside now");
	sight_summary(s, after, sizeof(after));
	cr_assert_str_eq(after, before, "and its watches were given back");
	sight_close(s);
}

Test(sight, a_root_is_deleted_and_made_again)
{
	struct sight *s;
	int i;

	scratch_write("src/deep/a.md", "1");
	s = look();
	for (i = 0; i < 5; i++) {
		files_remove("src");
		cr_assert(saw(s, "src/deep/a.md"), "gone");
		scratch_write("src/deep/a.md", "1");
		cr_assert(saw(s, "src/deep/a.md"), "here again");
		scratch_write("src/deep/a.md", "2");
		cr_assert(saw(s, "src/deep/a.md"), "and watched");
	}
	sight_close(s);
}

Test(sight, a_root_that_is_not_there_yet)
{
	struct sight *s;

	config.roots = "some/where/deep:other";
	s = look();
	scratch_write("some/where/deep/a.md", "1");
	cr_assert(saw(s, "some/where/deep/a.md"));
	scratch_write("some/where/deep/a.md", "2");
	cr_assert(saw(s, "some/where/deep/a.md"));
	scratch_write("other/b.md", "1");
	cr_assert(saw(s, "other/b.md"));
	sight_close(s);
}

Test(sight, a_root_that_is_renamed_over)
{
	struct sight *s;

	scratch_write("src/a.md", "1");
	scratch_write("next/a.md", "22");
	s = look();
	cr_assert_eq(renameat2(AT_FDCWD, "next", AT_FDCWD, "src", RENAME_EXCHANGE), 0);
	cr_assert(saw(s, "src/a.md"));
	scratch_write("next/a.md", "333");
	cr_assert(saw_nothing(s), "the old one is not ours any more");
	scratch_write("src/a.md", "333");
	cr_assert(saw(s, "src/a.md"));
	sight_close(s);
}

Test(sight, a_link_that_is_swapped_as_git_sync_does)
{
	struct sight *s;

	scratch_write("rev1/a.md", "1");
	scratch_write("rev2/a.md", "22");
	cr_assert_eq(symlink("rev1", "src"), 0);
	s = look();
	cr_assert_eq(symlink("rev2", "src.new"), 0);
	cr_assert_eq(rename("src.new", "src"), 0);
	cr_assert(saw(s, "src/a.md"));
	scratch_write("rev2/a.md", "333");
	cr_assert(saw(s, "src/a.md"));
	sight_close(s);
}

Test(sight, links_that_lead_through_one_that_is_swapped_as_a_config_map_does)
{
	struct sight *s;

	scratch_write("src/..1/a.md", "1");
	scratch_write("src/..2/a.md", "22");
	cr_assert_eq(symlink("..1", "src/..data"), 0);
	cr_assert_eq(symlink("..data/a.md", "src/a.md"), 0);
	s = look();
	cr_assert_eq(symlink("..2", "src/..tmp"), 0);
	cr_assert_eq(rename("src/..tmp", "src/..data"), 0);
	cr_assert(saw(s, "src/a.md"));
	sight_close(s);
}

Test(sight, a_file_as_a_root)
{
	struct sight *s;

	config.roots = "package.json:src";
	config.extensions = ".md";
	scratch_write("package.json", "1");
	s = look();
	scratch_write("package.json", "2");
	cr_assert(saw(s, "package.json"), "whatever its extension");
	scratch_write("package.json.new", "33");
	cr_assert_eq(rename("package.json.new", "package.json"), 0);
	cr_assert(saw(s, "package.json"));
	scratch_write("package.json", "4444");
	cr_assert(saw(s, "package.json"));
	unlink("package.json");
	cr_assert(saw(s, "package.json"));
	scratch_write("package.json", "5");
	cr_assert(saw(s, "package.json"));
	scratch_write("other.json", "5");
	cr_assert(saw_nothing(s));
	sight_close(s);
}

Test(sight, what_is_ignored)
{
	struct sight *s;

	config.roots = ".";
	config.ignore = "*.log,drafts/";
	config.extensions = NULL;
	scratch_write(".baton/releases/1/x", "1");
	scratch_write("node_modules/x/y", "1");
	scratch_write(".git/index", "1");
	scratch_write("drafts/a.md", "1");
	cr_assert_eq(symlink(".baton/releases/1", "dist"), 0);
	s = look();
	scratch_write(".baton/releases/.2/x", "1");
	scratch_write(".baton/releases/2.log", "1");
	scratch_write("node_modules/x/y", "2");
	scratch_write("node_modules/new/y", "2");
	scratch_write(".git/index", "2");
	scratch_write("drafts/b.md", "1");
	scratch_write("a.log", "1");
	cr_assert_eq(symlink(".baton/releases/2", "dist.baton"), 0);
	cr_assert_eq(rename("dist.baton", "dist"), 0);
	cr_assert(saw_nothing(s));
	scratch_write("a.md", "1");
	cr_assert(saw(s, "a.md"));
	sight_close(s);
}

Test(sight, an_absolute_root_elsewhere)
{
	char root[] = "/tmp/baton-unit-root.XXXXXX", path[64];
	struct sight *s;

	cr_assert_not_null(mkdtemp(root));
	config.roots = root;
	config.ignore = "/top";
	s = look();
	snprintf(path, sizeof(path), "%s/top", root);
	scratch_write(path, "1");
	cr_assert(saw_nothing(s));
	snprintf(path, sizeof(path), "%s/deep/top", root);
	scratch_write(path, "1");
	cr_assert(saw(s, path));
	sight_close(s);
	files_remove(root);
}

Test(sight, a_queue_that_overflows_loses_nothing)
{
	struct sight *s;
	char path[64];
	int i;

	scratch_write("src/last.md", "1");
	for (i = 0; i < 100; i++) {
		snprintf(path, sizeof(path), "src/f%d", i);
		scratch_write(path, "x");
	}
	s = look();
	/* two files in turn, or the kernel would make one event of many */
	for (i = 0; i < 20000; i++) {
		snprintf(path, sizeof(path), "src/f%d", i % 100);
		cr_assert_eq(utimensat(AT_FDCWD, path, NULL, 0), 0);
	}
	scratch_write("src/last.md", "22");
	scratch_write("src/deep/new.md", "1");
	catch_up(s);
	cr_assert_not_null(tree_find(seen, "src/last.md"));
	cr_assert_not_null(tree_find(seen, "src/deep/new.md"));
	tree_forget(seen, "", NULL, NULL);
	scratch_write("src/deep/new.md", "22");
	cr_assert(saw(s, "src/deep/new.md"));
	sight_close(s);
}

Test(sight, without_inotify_the_rescan_is_left)
{
	struct sight *s;

	config.interval = 100;
	scratch_write("src/a.md", "1");
	s = look();
	cr_assert_leq(sight_deadline(s), clock_now() + 100);
	poll(NULL, 0, 100);
	scratch_write("src/a.md", "2");
	sight_time(s, clock_now());
	cr_assert_not_null(tree_find(seen, "src/a.md"));
	sight_close(s);
}

/* Goal: whatever is done to the watched trees is seen, and what is ignored is not. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
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
	was = tree_has(seen, path);
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
	cr_assert(tree_has(seen, "src/b.md"));
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
		cr_expect(tree_has(seen, path), "%s", path);
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
	cr_assert(tree_has(seen, "src/one/x.md"));
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
	cr_assert(tree_has(seen, "src/last.md"));
	cr_assert(tree_has(seen, "src/deep/new.md"));
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
	cr_assert_leq(sight_deadline(s), clock_now() + 5000);
	scratch_write("src/a.md", "2");
	poll(NULL, 0, clock_patience(sight_deadline(s), clock_now()));
	sight_time(s, clock_now());
	cr_assert(tree_has(seen, "src/a.md"));
	sight_close(s);
}

Test(sight, a_link_that_leads_out_is_followed_and_its_swap_is_seen)
{
	struct sight *s;

	scratch_write("data/rev1/deep/a.md", "1");
	scratch_write("data/rev2/deep/a.md", "22");
	mkdir("src", 0755);
	cr_assert_eq(symlink("rev1", "data/now"), 0);
	cr_assert_eq(symlink("../data/now", "src/link"), 0);
	s = look();
	cr_assert(saw_nothing(s));
	scratch_write("data/rev1/deep/a.md", "333");
	cr_assert(saw(s, "src/link/deep/a.md"));
	scratch_write("data/rev1/deep/new/b.md", "1");
	cr_assert(saw(s, "src/link/deep/new/b.md"));
	cr_assert_eq(symlink("rev2", "data/next"), 0);
	cr_assert_eq(rename("data/next", "data/now"), 0);
	cr_assert(saw(s, "src/link/deep/a.md"), "swapped where no root is");
	scratch_write("data/rev2/deep/a.md", "4444");
	cr_assert(saw(s, "src/link/deep/a.md"));
	scratch_write("data/rev1/deep/a.md", "5");
	cr_assert(saw_nothing(s), "nobody points there any more");
	unlink("src/link");
	cr_assert(saw(s, "src/link/deep/a.md"), "gone with the link");
	scratch_write("data/rev2/deep/a.md", "6");
	cr_assert(saw_nothing(s));
	sight_close(s);
}

/* The links' own names have no such ending. */
Test(sight, links_to_directories_whatever_endings_count)
{
	struct sight *s;

	config.extensions = ".md";
	scratch_write("src/..1/a.md", "1");
	scratch_write("src/..2/a.md", "22");
	scratch_write("away/b.md", "1");
	cr_assert_eq(symlink("..1", "src/..data"), 0);
	cr_assert_eq(symlink("..data/a.md", "src/a.md"), 0);
	cr_assert_eq(symlink("../away", "src/away"), 0);
	s = look();
	cr_assert_eq(symlink("..2", "src/..tmp"), 0);
	cr_assert_eq(rename("src/..tmp", "src/..data"), 0);
	cr_assert(saw(s, "src/a.md"));
	scratch_write("away/b.md", "22");
	cr_assert(saw(s, "src/away/b.md"));
	unlink("src/away");
	cr_assert(saw(s, "src/away/b.md"));
	cr_assert_eq(symlink("../away", "src/again"), 0);
	cr_assert(saw(s, "src/again/b.md"));
	sight_close(s);
}

Test(sight, a_link_to_a_file_outside)
{
	struct sight *s;

	scratch_write("data/a.md", "1");
	mkdir("src", 0755);
	cr_assert_eq(symlink("../data/a.md", "src/a.md"), 0);
	cr_assert_eq(symlink("../data/later.md", "src/later.md"), 0);
	s = look();
	scratch_write("data/a.md", "22");
	cr_assert(saw(s, "src/a.md"));
	scratch_write("data/a.new", "333");
	cr_assert_eq(rename("data/a.new", "data/a.md"), 0);
	cr_assert(saw(s, "src/a.md"), "renamed over");
	scratch_write("data/a.md", "4444");
	cr_assert(saw(s, "src/a.md"), "and written again");
	scratch_write("data/later.md", "1");
	cr_assert(saw(s, "src/later.md"), "one that pointed at nothing");
	sight_close(s);
}

Test(sight, links_that_go_round_end)
{
	char before[64], after[64];
	struct sight *s;

	scratch_write("src/a/b/x.md", "1");
	cr_assert_eq(symlink("..", "src/a/up"), 0);
	cr_assert_eq(symlink("../..", "src/a/out"), 0);
	cr_assert_eq(symlink("/", "src/top"), 0);
	cr_assert_eq(symlink("self", "src/self"), 0);
	cr_assert_eq(symlink("../other", "src/o1"), 0);
	cr_assert_eq(symlink("../other", "src/o2"), 0);
	scratch_write("other/y.md", "1");
	cr_assert_eq(symlink("../src", "other/back"), 0);
	s = look();
	/* x.md, six links, and other by one of two names: y.md and its link */
	sight_summary(s, before, sizeof(before));
	cr_assert_str_eq(before, "9 files, 4 directories");
	scratch_write("other/y.md", "22");
	catch_up(s);
	cr_assert_neq(tree_has(seen, "src/o1/y.md"), tree_has(seen, "src/o2/y.md"));
	sight_summary(s, after, sizeof(after));
	cr_assert_str_eq(after, before);
	sight_close(s);
}

Test(sight, a_hard_link_is_written_by_its_other_name)
{
	struct sight *s;

	scratch_write("src/a.md", "1");
	scratch_write("src/b.md", "1");
	cr_assert_eq(link("src/a.md", "elsewhere"), 0);
	s = look();
	scratch_write("elsewhere", "22");
	cr_assert(saw(s, "src/a.md"));
	/* of one that is made elsewhere the kernel tells nobody but who watches the file */
	cr_assert_eq(link("src/b.md", "later"), 0);
	sight_doubt(s);
	catch_up(s);
	tree_forget(seen, "", NULL, NULL);
	scratch_write("later", "22");
	cr_assert(saw(s, "src/b.md"), "known since all was looked at");
	sight_close(s);
}

Test(sight, a_write_that_leaves_size_and_time_as_they_were)
{
	struct timespec times[2];
	struct sight *s;
	struct stat st;

	scratch_write("src/a.md", "1");
	cr_assert_eq(stat("src/a.md", &st), 0);
	times[0] = st.st_atim;
	times[1] = st.st_mtim;
	s = look();
	scratch_write("src/a.md", "2");
	cr_assert_eq(utimensat(AT_FDCWD, "src/a.md", times, 0), 0);
	cr_assert(saw(s, "src/a.md"));
	sight_close(s);
}

Test(sight, names_of_any_byte)
{
	static const char *const names[] = { "src/new\nline", "src/\xff\xfe", "src/ \t", "src/\x01\x7f",
		"src/d\n\xc3/f", "src/*?[", "src/-rf" };
	struct sight *s;
	size_t i;

	mkdir("src", 0755);
	s = look();
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		scratch_write(names[i], "1");
		cr_expect(saw(s, names[i]), "%zu", i);
		scratch_write(names[i], "22");
		cr_expect(saw(s, names[i]), "%zu", i);
	}
	sight_close(s);
}

Test(sight, a_directory_that_becomes_readable)
{
	struct sight *s;

	if (getuid() == 0)
		cr_skip_test("root reads everything");
	scratch_write("src/shut/a.md", "1");
	chmod("src/shut", 0);
	s = look();
	chmod("src/shut", 0755);
	cr_assert(saw(s, "src/shut/a.md"));
	sight_close(s);
}

Test(sight, polling_opens_no_inotify_and_rests)
{
	struct sight *s;
	msec began;

	config.watch_mode = WATCH_MODE_POLL;
	config.interval = 0;
	scratch_write("src/a.md", "1");
	s = look();
	cr_assert_eq(sight_descriptor(s), -1);
	began = clock_now();
	cr_assert_leq(sight_deadline(s), began + 2000);
	cr_assert_geq(sight_deadline(s), began + 1000);
	sight_close(s);
}

/* The learner reads what nobody changed, and nothing that did. */
Test(sight, what_was_learned_is_what_was_noted)
{
	struct sight *s;
	msec until;

	scratch_write("src/a.md", "1");
	scratch_write("src/b.md", "1");
	poll(NULL, 0, 50);	/* longer than a step of the files' clock */
	s = look();
	cr_assert_eq(tree_digest(sight_tree(s), "src/a.md"), TREE_UNKNOWN);
	scratch_write("src/b.md", "2");
	for (until = clock_now() + 8000; clock_now() < until;) {
		sight_time(s, clock_now());
		if (tree_digest(sight_tree(s), "src/a.md") != TREE_UNKNOWN)
			break;
		poll(NULL, 0, 20);
	}
	cr_assert_neq(tree_digest(sight_tree(s), "src/a.md"), TREE_UNKNOWN);
	cr_assert_eq(tree_digest(sight_tree(s), "src/b.md"), TREE_UNKNOWN, "changed, not told yet");
	sight_close(s);
}

/* Take away the kernel's watch of this directory, as if its file system did not tell. */
static void
deafen(struct sight *s, const char *directory)
{
	char path[64], line[256];
	unsigned long inode;
	struct stat st;
	int wd = -1, number;
	FILE *f;

	cr_assert_eq(stat(directory, &st), 0);
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", sight_descriptor(s));
	cr_assert_not_null(f = fopen(path, "r"));
	while (fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "inotify wd:%x ino:%lx", (unsigned *)&number, &inode) == 2 &&
		    inode == st.st_ino)
			wd = number;
	fclose(f);
	cr_assert_eq(inotify_rm_watch(sight_descriptor(s), wd), 0);
	while (sight_read(s))
		;
}

static bool
log_has(const char *text)
{
	char all[4096];
	FILE *f = fopen("log", "r");
	size_t n = fread(all, 1, sizeof(all) - 1, f);

	fclose(f);
	all[n] = '\0';
	return strstr(all, text) != NULL;
}

Test(sight, what_changed_untold_makes_its_root_silent)
{
	int log = open("log", O_CREAT | O_RDWR | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
	struct sight *s;

	log_open(LOG_WARNING, false);
	cr_assert_neq(dup2(log, 2), -1);
	config.interval = 1500;
	scratch_write("src/deep/a.md", "1");
	s = look();
	deafen(s, "src/deep");
	scratch_write("src/deep/a.md", "22");
	poll(NULL, 0, clock_patience(sight_deadline(s), clock_now()));
	sight_time(s, clock_now());
	cr_assert(tree_has(seen, "src/deep/a.md"));
	cr_assert(log_has("src has a file that changed and inotify did not tell"));
	sight_close(s);
}

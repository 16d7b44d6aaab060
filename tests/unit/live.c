/* Goal: the live path always names a release, whatever was there before. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/role.h"
#include "base/wire.h"
#include "scratch.h"
#include "watcher/live.h"
#include "watcher/link.h"
#include "watcher/store.h"

TestSuite(live, .init = scratch_enter, .fini = scratch_leave);

static struct watch_config config = { .live = "dist", .releases = ".baton/releases" };

/* As init does it: run the role, and hear which release is live. */
static int32_t
import(void)
{
	struct message m;
	int ends[2], fd, kept = fcntl(ROLE_CHANNEL, F_DUPFD_CLOEXEC, 100);

	cr_assert_eq(wire_pair(ends), 0);
	cr_assert_neq(dup2(ends[1], ROLE_CHANNEL), -1);
	cr_assert_eq(store_run(&config, "import", 0), 0);
	/* ends[0] may be ROLE_CHANNEL's old tenant: it is not, criterion holds that */
	cr_assert_eq(wire_receive(ends[0], &m, &fd), 1);
	cr_assert_eq(m.type, MESSAGE_IN_USE);
	if (kept != -1)
		dup2(kept, ROLE_CHANNEL);
	close(kept);
	close(ends[0]);
	close(ends[1]);
	return m.release;
}

static void
target(const char *path, const char *want)
{
	char got[PATH_MAX] = "";
	ssize_t n = readlink(path, got, sizeof(got) - 1);

	got[n == -1 ? 0 : n] = '\0';
	cr_assert_str_eq(got, want);
}

static void
make_release(int32_t number, const char *contents)
{
	struct record record = { .number = number, .result = RECORD_BUILT };
	char path[64];

	snprintf(path, sizeof(path), ".baton/releases/.%d/index.html", number);
	scratch_write(path, contents);
	cr_assert_eq(store_seal(config.releases, &record), 0);
}

Test(live, a_directory_of_the_image_becomes_release_1)
{
	scratch_write("dist/index.html", "baked");
	scratch_write("dist/deep/x.js", "1");
	cr_assert_eq(chmod("dist/deep/x.js", 0755), 0);
	cr_assert_eq(symlink("deep/x.js", "dist/link"), 0);
	cr_assert_eq(import(), 1);
	target("dist", ".baton/releases/1");
	cr_assert(scratch_holds("dist/index.html", "baked"));
	cr_assert_eq(access("dist/deep/x.js", X_OK), 0);
	target("dist/link", "deep/x.js");
	cr_assert_eq(import(), 1, "once more changes nothing");
	cr_assert_eq(store_newest(config.releases), 1);
}

Test(live, nothing_there_is_no_release)
{
	cr_assert_eq(import(), 0);
	cr_assert_not(scratch_exists("dist"));
}

Test(live, publish_moves_the_link)
{
	make_release(1, "one");
	make_release(2, "two");
	cr_assert_eq(store_run(&config, "publish", 1), 0);
	cr_assert(scratch_holds("dist/index.html", "one"));
	cr_assert_eq(live_release("dist", config.releases), 1);
	cr_assert_eq(store_run(&config, "publish", 2), 0);
	cr_assert(scratch_holds("dist/index.html", "two"));
	cr_assert_eq(live_release("dist/", "./.baton/releases/"), 2);
	cr_assert_eq(store_run(&config, "publish", 3), 1, "there is no such release");
	cr_assert(scratch_holds("dist/index.html", "two"));
}

Test(live, a_link_deeper_down_is_relative)
{
	config.live = "build/site/dist";
	make_release(1, "one");
	cr_assert_eq(store_run(&config, "publish", 1), 0);
	target("build/site/dist", "../../.baton/releases/1");
	cr_assert(scratch_holds("build/site/dist/index.html", "one"));
}

Test(live, a_container_made_anew_goes_on_where_it_was)
{
	scratch_write("dist/index.html", "baked");
	cr_assert_eq(import(), 1);
	make_release(2, "two");
	make_release(3, "three, which never was live");
	cr_assert_eq(store_run(&config, "publish", 2), 0);
	/* the volume with the releases stays; the image brings its directory again */
	unlink("dist");
	scratch_write("dist/index.html", "baked");
	cr_assert_eq(import(), 2);
	cr_assert(scratch_holds("dist/index.html", "two"));
	/* a new image has other contents, and these are wanted */
	unlink("dist");
	scratch_write("dist/index.html", "baked later");
	cr_assert_eq(import(), 4);
	cr_assert(scratch_holds("dist/index.html", "baked later"));
	/* without any directory the last one goes on */
	unlink("dist");
	cr_assert_eq(import(), 4);
	cr_assert(scratch_holds("dist/index.html", "baked later"));
}

/* As it stands while the directory at path is being removed. */
static void
mark_removal_of(const char *path)
{
	struct stat st;
	char text[32];

	cr_assert_eq(stat(path, &st), 0);
	snprintf(text, sizeof(text), "%llu\n", (unsigned long long)st.st_ino);
	scratch_write(".baton/releases/replacing", text);
}

Test(live, a_removal_cut_off_is_not_taken_for_news)
{
	scratch_write("dist/index.html", "baked");
	cr_assert_eq(import(), 1);
	unlink("dist");
	scratch_write("dist/half", "what is left of it");
	mark_removal_of("dist");
	cr_assert_eq(import(), 1);
	cr_assert(scratch_holds("dist/index.html", "baked"));
	cr_assert_not(scratch_exists(".baton/releases/replacing"));
}

Test(live, the_mark_of_another_directory_does_not_count)
{
	scratch_write("dist/index.html", "baked");
	cr_assert_eq(import(), 1);
	/* cut off, and then the container was made anew from another image */
	mkdir("other", 0755);
	mark_removal_of("other");
	unlink("dist");
	scratch_write("dist/index.html", "baked later");
	cr_assert_eq(import(), 2);
	cr_assert(scratch_holds("dist/index.html", "baked later"));
	/* cut off when the link was there already: it is not to count later on */
	mark_removal_of("other");
	cr_assert_eq(import(), 2);
	cr_assert_not(scratch_exists(".baton/releases/replacing"));
}

Test(live, what_a_cut_off_exchange_left_is_removed)
{
	scratch_write("dist/index.html", "baked");
	cr_assert_eq(import(), 1);
	scratch_write("dist.baton/index.html", "what dist was");
	cr_assert_eq(symlink("7", ".baton/releases/live.baton"), 0);
	cr_assert_eq(import(), 1);
	cr_assert_not(scratch_exists("dist.baton"));
	cr_assert_neq(unlink(".baton/releases/live.baton"), 0);
}

Test(live, a_copy_cut_off_is_begun_again)
{
	struct record record = { .number = 1, .result = RECORD_IMPORTED }, r;

	scratch_write("dist/index.html", "baked");
	scratch_write(".baton/releases/.1/half", "of it");
	cr_assert_eq(store_write(config.releases, &record), 0);
	cr_assert_eq(import(), 2);
	cr_assert(scratch_holds("dist/index.html", "baked"));
	cr_assert_eq(store_read(config.releases, 2, &r), 0);
	cr_assert_eq(r.survey.files, 1);
	cr_assert_neq(r.survey.digest, 0);
	cr_assert_not(scratch_exists(".baton/releases/.1"));
}

Test(live, a_link_to_elsewhere_is_copied_from)
{
	scratch_write("output/index.html", "elsewhere");
	cr_assert_eq(symlink("output", "dist"), 0);
	cr_assert_eq(import(), 1);
	target("dist", ".baton/releases/1");
	cr_assert(scratch_holds("dist/index.html", "elsewhere"));
	cr_assert(scratch_holds("output/index.html", "elsewhere"));
}

Test(live, a_dangling_link_is_as_nothing)
{
	cr_assert_eq(symlink(".baton/releases/9", "dist"), 0);
	cr_assert_eq(import(), 0);
	make_release(9, "nine");
	cr_assert_eq(import(), 9);
	cr_assert(scratch_holds("dist/index.html", "nine"));
}

Test(live, a_mount_point_stays_and_its_contents_too)
{
	/* a directory that is one on every system */
	cr_assert_eq(link_place("/proc", "x", NULL), -1);
	cr_assert(scratch_exists("/proc/self"));
}

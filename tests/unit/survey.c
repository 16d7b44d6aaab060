/* Goal: what must not be published is refused, and the same contents have the same digest. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "scratch.h"
#include "watcher/survey.h"

TestSuite(survey, .init = scratch_enter, .fini = scratch_leave);

static char why[128];

static int
take(struct survey *s)
{
	return survey_take("out", s, why, sizeof(why));
}

Test(survey, counts_and_digests)
{
	struct survey a, b;

	scratch_write("out/index.html", "hello");
	scratch_write("out/deep/er/x.js", "1");
	cr_assert_eq(take(&a), 0);
	cr_assert_eq(a.files, 2);
	cr_assert_eq(a.bytes, 6);
	scratch_write("out/index.html", "hello");
	cr_assert_eq(take(&b), 0);
	cr_assert_eq(a.digest, b.digest, "times do not count");
	scratch_write("out/index.html", "hellp");
	cr_assert_eq(take(&b), 0);
	cr_assert_neq(a.digest, b.digest, "contents do");
	scratch_write("out/index.html", "hello");
	cr_assert_eq(chmod("out/index.html", 0755), 0);
	cr_assert_eq(take(&b), 0);
	cr_assert_neq(a.digest, b.digest, "modes do");
	cr_assert_eq(chmod("out/index.html", 0644), 0);
	cr_assert_eq(rename("out/index.html", "out/index.htm"), 0);
	cr_assert_eq(take(&b), 0);
	cr_assert_neq(a.digest, b.digest, "names do");
}

static const struct {
	const char *target;
	bool refused;
} links[] = {
	{ "x", false }, { "../x", false }, { "../../x", false }, { "./../deep/./x", false },
	{ "missing", false }, { "/etc/passwd", true }, { "../../../x", true },
	{ "../../../out/x", true }, { "er/../../..", true }, { "./../../../..", true },
	{ "..", false }, { "../..", false }, { "../../..", true }, { ".", false },
};

Test(survey, links_stay_inside)
{
	struct survey s;
	size_t i;

	scratch_write("out/deep/er/x", "1");
	for (i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		cr_assert_eq(symlink(links[i].target, "out/deep/er/link"), 0);
		cr_expect_eq(take(&s), links[i].refused ? -1 : 0, "%s", links[i].target);
		if (links[i].refused)
			cr_expect_not_null(strstr(why, "deep/er/link"), "%s", why);
		unlink("out/deep/er/link");
	}
}

Test(survey, two_links_that_climb_together)
{
	struct survey s;

	/* each looks harmless when read by itself: deep/er/up/.. is above out */
	scratch_write("out/deep/er/x", "1");
	cr_assert_eq(symlink("../..", "out/deep/er/up"), 0);
	cr_assert_eq(take(&s), 0);
	cr_assert_eq(symlink("up/../y", "out/deep/er/link"), 0);
	cr_assert_eq(take(&s), -1);
}

Test(survey, devices_pipes_and_set_id_bits)
{
	struct survey s;

	scratch_write("out/x", "1");
	cr_assert_eq(mkfifo("out/pipe", 0644), 0);
	cr_assert_eq(take(&s), -1);
	cr_assert_not_null(strstr(why, "pipe"), "%s", why);
	unlink("out/pipe");
	if (mknod("out/null", S_IFCHR | 0644, makedev(1, 3)) == 0) {
		cr_assert_eq(take(&s), -1);
		unlink("out/null");
	}
	cr_assert_eq(chmod("out/x", 04755), 0);
	cr_assert_eq(take(&s), -1);
	cr_assert_not_null(strstr(why, "set-id"), "%s", why);
	cr_assert_eq(chmod("out/x", 0755), 0);
	mkdir("out/shared", 0755);
	cr_assert_eq(chmod("out/shared", 02755), 0);
	cr_assert_eq(take(&s), 0, "a directory inherits it: %s", why);
}

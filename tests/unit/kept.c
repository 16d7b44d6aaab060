/* Goal: what is served is found however it is named, and a link that a build could make is not followed. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scratch.h"
#include "watcher/kept.h"

TestSuite(kept, .init = scratch_enter, .fini = scratch_leave);

static char full[4096];

static const char *
whole(const char *path)
{
	return kept_whole(full, sizeof(full), path);
}

Test(kept, by_any_name)
{
	const char *const others[] = { "linked/releases", NULL };
	struct watch_config config = { .releases = "./.baton/releases/", .live = "dist",
		.others = others };
	struct kept k;

	scratch_write("data/releases/1/x", "");
	cr_assert_eq(symlink("data", "linked"), 0);
	cr_assert_eq(symlink(".baton/releases/1", "dist"), 0);
	k = kept_find(&config);
	cr_assert(kept_covers(&k, whole(".baton/releases")), "before it exists");
	cr_assert(kept_covers(&k, whole(".baton/releases/1/x")));
	cr_assert(kept_covers(&k, whole("dist")));
	cr_assert(kept_covers(&k, whole("linked/releases")));
	cr_assert(kept_covers(&k, whole("data/releases/1")), "where the link leads");
	cr_assert_not(kept_covers(&k, whole("data")));
	cr_assert(kept_within(&k, whole("data")));
	cr_assert(kept_within(&k, "/"));
	cr_assert_not(kept_within(&k, whole("src")));
	kept_free(&k);
}

Test(kept, a_link_on_the_way)
{
	struct watch_config config = { .sandbox.write = "/nowhere:data/cache" };

	scratch_write("src/x", "");
	scratch_write("data/cache/x", "");
	cr_assert_eq(symlink("src", "top"), 0);
	cr_assert_eq(symlink("/etc", "src/deep"), 0);
	cr_assert_eq(symlink("/etc", "data/cache/deep"), 0);
	cr_assert_not(kept_misled(&config, "src/x"));
	cr_assert_not(kept_misled(&config, "top"), "a build cannot make one at the top");
	cr_assert_not(kept_misled(&config, "top/x"));
	cr_assert(kept_misled(&config, "src/deep"));
	cr_assert(kept_misled(&config, "src/deep/hosts"));
	cr_assert(kept_misled(&config, "data/cache/deep"));
	cr_assert_not(kept_misled(&config, "/proc/self/exe"), "not below what it may write");
	cr_assert_not(kept_misled(&config, "missing/altogether"));
}

/* Goal: what only root may read in /etc is not given to a build that runs as root. */
#include <criterion/criterion.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scratch.h"
#include "watcher/etc.h"

TestSuite(etc, .init = scratch_enter, .fini = scratch_leave);

static int
access_to(const struct rules *r, const char *path)
{
	int i;

	for (i = 0; i < r->count; i++)
		if (strcmp(r->at[i].path, path) == 0)
			return (int)r->at[i].access;
	return -1;
}

Test(etc, gives_what_is_everybodys)
{
	struct rules r = { NULL, 0 };

	scratch_write("etc/hosts", "");
	scratch_write("etc/shadow", "");
	scratch_write("etc/ssl/certs/a", "");
	scratch_write("etc/ssl/private/key", "");
	scratch_write("etc/ssh/host_key", "");
	scratch_write("etc/ssh/config", "");
	scratch_write("etc/kubernetes/x", "");
	chmod("etc/ssl/private", 0700);
	chmod("etc/ssh/host_key", 0600);
	cr_assert_eq(symlink("/run/secrets/x", "etc/link"), 0);
	etc_add(&r, "etc");
	cr_assert_eq(access_to(&r, "etc"), SANDBOX_LIST);
	cr_assert_eq(access_to(&r, "etc/hosts"), SANDBOX_LOOK);
	cr_assert_eq(access_to(&r, "etc/shadow"), -1, "by its name, whatever its mode");
	cr_assert_eq(access_to(&r, "etc/kubernetes"), -1);
	cr_assert_eq(access_to(&r, "etc/link"), -1);
	cr_assert_eq(access_to(&r, "etc/ssl"), SANDBOX_LIST);
	cr_assert_eq(access_to(&r, "etc/ssl/certs"), SANDBOX_LOOK);
	cr_assert_eq(access_to(&r, "etc/ssl/private"), -1);
	cr_assert_eq(access_to(&r, "etc/ssh/config"), SANDBOX_LOOK);
	cr_assert_eq(access_to(&r, "etc/ssh/host_key"), -1);
	rules_free(&r);
}

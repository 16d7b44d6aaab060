/* Goal: a build's fence lets through what builds do, and nothing that is served. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/sandbox.h"
#include "scratch.h"
#include "watcher/fence.h"

static void
begin(void)
{
	scratch_enter();
	log_open(LOG_ERROR, false);
	scratch_write(".baton/releases/1/index.html", "live");
	scratch_write(".baton/releases/4/x", "old");
	scratch_write(".baton/releases/.2/x", "");
	scratch_write(".baton/releases/.2.tmp/x", "");
	scratch_write(".baton/other", "x");
	scratch_write("src/a.md", "x");
	scratch_write("package.json", "{}");
	scratch_write("astro.config.mjs", "");
	scratch_write(".git/config", "x");
	scratch_write("build/notes", "x");
	scratch_write("outside/x", "x");
	scratch_write("other/releases/1/x", "x");
	scratch_write("other/live.sock/x", "x");
	scratch_write("other/notes", "x");
	scratch_write("cache/deep/x", "x");
	scratch_write("cache/elsewhere", "");
	unlink("cache/elsewhere");
	cr_assert_eq(symlink("../.baton/releases", "cache/elsewhere"), 0);
	cr_assert_eq(symlink("../.baton/releases/1", "build/dist"), 0);
	cr_assert_eq(symlink("/tmp", "elsewhere"), 0);
}

TestSuite(fence, .init = begin, .fini = scratch_leave, .timeout = 30);

static const struct {
	const char *path;
	int flags, error;
} tries[] = {
	{ "src/a.md", O_WRONLY, 0 },
	{ "src/new.md", O_WRONLY | O_CREAT, 0 },
	{ "package.json", O_WRONLY, 0 },
	{ "build/notes", O_WRONLY, 0 },
	{ ".astro/types.d.ts", O_WRONLY | O_CREAT, 0 },
	{ "cache/deep/x", O_WRONLY | O_CREAT, 0 },
	{ ".baton/releases/.2/index.html", O_WRONLY | O_CREAT, 0 },
	{ ".baton/releases/.2.tmp/y", O_WRONLY | O_CREAT, 0 },
	{ "build/dist/index.html", O_RDONLY, 0 },
	{ "/etc/passwd", O_RDONLY, 0 },
	{ "/dev/null", O_RDWR, 0 },
	{ "other/notes", O_WRONLY, 0 },
	{ "other/releases/1/x", O_WRONLY, EACCES },
	{ "other/live.sock/x", O_WRONLY, EACCES },
	{ "other/new", O_WRONLY | O_CREAT, EACCES },
	{ "cache/elsewhere/4/x", O_WRONLY, EACCES },
	{ ".baton/releases/4/x", O_WRONLY, EACCES },
	{ "build/dist/index.html", O_WRONLY, EACCES },
	{ ".baton/releases/1/index.html", O_WRONLY, EACCES },
	{ ".baton/releases/3", O_WRONLY | O_CREAT, EACCES },
	{ ".git/config", O_WRONLY, EACCES },
	{ "new-at-the-top", O_WRONLY | O_CREAT, EACCES },
	{ "elsewhere/baton-unit-x", O_WRONLY | O_CREAT, EACCES },
	{ "/etc/shadow", O_RDONLY, EACCES },
	{ "/run/x", O_WRONLY | O_CREAT, EACCES },
};

static const char *const others[] = { "other/releases", "other/live.sock", NULL };

static struct watch_config config = {
	.others = others,
	.roots = "src", .live = "build/dist", .releases = ".baton/releases",
	.sandbox = { .write = "cache/deep:.:cache/elsewhere:.baton/releases/4" },
};

static int
within(void)
{
	struct cgroup group;
	char why[128];
	size_t i;

	cgroup_init(&group);
	fence_watcher(&config, &group);
	if (fence_build(&config, ".baton/releases/.2", ".baton/releases/.2.tmp", why,
	    sizeof(why)) == -1)
		return 99;
	for (i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		int fd = open(tries[i].path, tries[i].flags | O_CLOEXEC, 0644);

		if ((fd == -1 ? errno : 0) != tries[i].error)
			return 1 + (int)i;
	}
	return 0;
}

Test(fence, a_build_within_the_watchers)
{
	int status;
	pid_t pid;

	if (sandbox_probe().landlock == 0)
		cr_skip_test("no Landlock");
	if ((pid = fork()) == 0)
		_exit(within());
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert(WIFEXITED(status));
	status = WEXITSTATUS(status);
	cr_assert_eq(status, 0, "%s", status > 0 && status < 99 ? tries[status - 1].path : "refused");
}

Test(fence, homes)
{
	char here[4096];

	cr_assert_not_null(getcwd(here, sizeof(here)));
	cr_assert(fence_sees_home(&config, here));
	cr_assert_not(fence_sees_home(&config, "/root"));
	config.sandbox.read = "/opt:/root/";
	cr_assert(fence_sees_home(&config, "/root"));
	config.sandbox.read = NULL;
	config.sandbox.mode = SANDBOX_OFF;
	cr_assert(fence_sees_home(&config, "/root"));
}

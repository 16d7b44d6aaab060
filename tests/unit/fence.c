/* Goal: a build's fence lets through what builds do, and nothing that is served. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sched.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/sandbox.h"
#include "scratch.h"
#include "tests/unit/child.h"
#include "watcher/fence.h"
#include "watcher/places.h"
#include "watcher/rules.h"

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
result_of(int fd)
{
	if (fd == -1)
		return errno;
	close(fd);
	return 0;
}

/* No build could live in it. */
static int
the_watchers(void)
{
	struct cgroup group;
	pid_t pid;

	if (sandbox_probe().landlock < 6 || !sandbox_has_seccomp())
		return CHILD_CANNOT;
	cgroup_init(&group);
	fence_watcher(&config, &group);
	MUST(result_of(open("src/a.md", O_RDONLY)) == 0);
	MUST(result_of(open("package.json", O_RDONLY)) == 0);
	MUST(result_of(open("src/a.md", O_WRONLY)) == EACCES);
	MUST(result_of(open(".baton/releases/.2/new", O_WRONLY | O_CREAT, 0644)) == 0);
	MUST(rename(".baton/releases/.2", ".baton/releases/2") == 0);
	MUST(chmod(".baton/releases/2/new", 0600) == 0);
	MUST(lchown(".baton/releases/2/new", geteuid(), getegid()) == 0);
	MUST(result_of(open("/etc/passwd", O_RDONLY)) == EACCES);
	MUST(result_of(inotify_init1(IN_CLOEXEC)) == 0);
	MUST(socket(AF_UNIX, SOCK_STREAM, 0) == -1 && errno == ENOSYS);
	MUST(execl("/bin/true", "true", NULL) == -1 && errno == ENOSYS);
	MUST(syscall(SYS_ptrace, 16, getppid(), 0, 0) == -1 && errno == ENOSYS);
	MUST(syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0) == -1 && errno == ENOSYS);
	MUST(setuid(1) == -1 && errno == ENOSYS);
	MUST(kill(getppid(), 0) == -1 && errno == EPERM);
	if ((pid = fork()) == 0)
		_exit(0);
	MUST(pid > 0 && waitpid(pid, NULL, 0) == pid);
	return 0;
}

Test(fence, the_watcher_has_what_it_uses)
{
	cr_assert_eq(child_run(the_watchers), 0);
}

static int
the_stores(void)
{
	if (sandbox_probe().landlock == 0)
		return CHILD_CANNOT;
	fence_store(&config);
	MUST(unlink("build/dist") == 0);
	MUST(symlink("../.baton/releases/1", "build/dist") == 0);
	MUST(result_of(open("build/dist/index.html", O_RDONLY)) == 0);
	MUST(result_of(open(".baton/releases/3", O_WRONLY | O_CREAT, 0644)) == 0);
	MUST(result_of(open("src/a.md", O_RDONLY)) == EACCES);
	MUST(result_of(open(".baton/other", O_WRONLY)) == EACCES);
	return 0;
}

Test(fence, the_store_has_releases_and_what_is_live)
{
	cr_assert_eq(child_run(the_stores), 0);
}

Test(fence, places)
{
	struct places places = { NULL, 0 };
	struct sandbox_rule rule[] = { { "src", SANDBOX_CHANGE }, { "outside", SANDBOX_LOOK } };
	const struct rules rules = { rule, 2 };
	int fd, ends[2];

	places_take(&places, &rules);
	cr_assert_eq(places.count, 1);
	cr_assert((fd = open("src/a.md", O_PATH)) != -1 && places_hold(&places, fd));
	cr_assert((fd = open("src", O_PATH)) != -1 && places_hold(&places, fd));
	cr_assert((fd = open("outside/x", O_PATH)) != -1);
	cr_assert_not(places_hold(&places, fd));
	cr_assert_eq(unlink("outside/x"), 0);
	cr_assert(places_hold(&places, fd), "it has no name any more");
	cr_assert_eq(symlink("../package.json", "src/link"), 0);
	cr_assert((fd = open("src/link", O_PATH)) != -1);
	cr_assert_not(places_hold(&places, fd), "where it lies counts, not how it was named");
	cr_assert_eq(mkdir("src-beside", 0755), 0);
	cr_assert((fd = open("src-beside", O_PATH)) != -1 && !places_hold(&places, fd));
	cr_assert(pipe(ends) == 0 && places_hold(&places, ends[0]));
	places_free(&places);
}

static int
within(void)
{
	struct places places = { NULL, 0 };
	struct cgroup group;
	char why[128];
	size_t i;

	cgroup_init(&group);
	fence_warden(&config, &group, "");
	if (fence_build(&config, ".baton/releases/.2", ".baton/releases/.2.tmp", &places, why,
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

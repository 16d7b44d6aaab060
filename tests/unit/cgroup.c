/*
 * Goal: a cgroup for the build is found, made, set and removed, of both versions, and each refusal is
 * a normal answer. On files that look like the kernel's; tests/system/limits.sh has real ones.
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "tests/unit/scratch.h"
#include "watcher/cgroup.h"

static struct cgroup g;

/* The list of processes has us, and one more. */
static void
stand_in(const char *directory)
{
	char path[256], text[64];

	snprintf(path, sizeof(path), "%s/cgroup.procs", directory);
	snprintf(text, sizeof(text), "%d\n", (int)getpid());
	scratch_write(path, text);
}

static void
files_of_two(const char *directory)
{
	static const char *const names[] = { "memory.max", "cpu.weight", "cpu.idle", "pids.max" };
	char path[256];
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
		scratch_write(path, "");
	}
	snprintf(path, sizeof(path), "%s/cgroup.procs", directory);
	scratch_write(path, "");
}

static const char *
made(const char *own, int init)
{
	static char summary[64];

	scratch_write("own", own);
	cgroup_make(&g, "tree", "own", init);
	cgroup_summary(&g, summary, sizeof(summary));
	return summary;
}

Test(cgroup, none_to_be_had, .init = scratch_enter, .fini = scratch_leave)
{
	cr_assert_str_eq(made("0::/\n4:memory:/a\n", 1), "");
	cr_assert_eq(g.version, 0);
	cgroup_open(&g);
	cgroup_enter(&g);
	cgroup_kill(&g);
	cgroup_limit_memory(&g, 1);
	cr_assert_eq(cgroup_memory(&g), 0);
	cr_assert_eq(cgroup_killed(&g), 0);
	cr_assert_eq(cgroup_set(&g, CGROUP_CPU, "cpu.idle", "1"), -1);
	cgroup_remove(&g);
}

Test(cgroup, version_one_below_our_own, .init = scratch_enter, .fini = scratch_leave)
{
	stand_in("tree/memory/m");
	stand_in("tree/cpu,cpuacct");
	scratch_write("tree/pids/cgroup.procs", "1\n");		/* we are not in there */
	scratch_write("tree/memory/m/baton-build.0/memory.limit_in_bytes", "");
	scratch_write("tree/memory/m/baton-build.0/cgroup.procs", "");
	scratch_write("tree/cpu,cpuacct/baton-build.0/cpu.shares", "");
	scratch_write("tree/cpu,cpuacct/baton-build.0/cgroup.procs", "");
	cr_assert_str_eq(made("4:memory:/m\n3:pids:/\n2:cpu,cpuacct:/\n", 0), "v1 memory, cpu");
	cgroup_open(&g);
	cgroup_enter(&g);
	cr_assert(scratch_holds("tree/memory/m/baton-build.0/cgroup.procs", "0"));
	cr_assert(scratch_holds("tree/cpu,cpuacct/baton-build.0/cgroup.procs", "0"));
	cgroup_limit_memory(&g, 4096);
	cr_assert(scratch_holds("tree/memory/m/baton-build.0/memory.limit_in_bytes", "4096"));
	cgroup_weigh(&g, false, "102");
	cr_assert(scratch_holds("tree/cpu,cpuacct/baton-build.0/cpu.shares", "102"));
}

/* As Docker shows it: what /proc says is a path outside of what is mounted. */
Test(cgroup, version_one_under_another_name, .init = scratch_enter, .fini = scratch_leave)
{
	stand_in("tree/pids");
	scratch_write("tree/pids/baton-build.0/pids.max", "");
	scratch_write("tree/pids/baton-build.0/cgroup.procs", "");
	cr_assert_str_eq(made("3:pids:/docker/0123\n", 1), "v1 pids");
	cr_assert_str_eq(g.path[CGROUP_PIDS], "tree/pids/baton-build.0");
}

Test(cgroup, version_two_at_the_root, .init = scratch_enter, .fini = scratch_leave)
{
	stand_in("tree");
	scratch_write("tree/cgroup.subtree_control", "");
	files_of_two("tree/baton-build.0");
	/* the last word written stays in a plain file; one controller is enough */
	cr_assert_str_eq(made("0::/\n", 0), "v2 memory, cpu, pids");
	cr_assert_eq(cgroup_set(&g, CGROUP_PIDS, "pids.max", "64"), 0);
	cr_assert(scratch_holds("tree/baton-build.0/pids.max", "64"));
	cgroup_open(&g);
	cgroup_enter(&g);
	cr_assert(scratch_holds("tree/baton-build.0/cgroup.procs", "0"));
	cgroup_weigh(&g, false, "10");
	cgroup_weigh(&g, true, "1");
	cr_assert(scratch_holds("tree/baton-build.0/cpu.idle", "01"), "out of it, then in");
}

/* What a cgroup with processes answers when it is to pass controllers on: here there is no such file. */
Test(cgroup, version_two_as_systemd_delegates_it, .init = scratch_enter, .fini = scratch_leave)
{
	if (getuid() == 0)
		cr_skip_test("root is told by an attribute of a cgroup");
	stand_in("tree/unit/service");
	scratch_write("tree/unit/cgroup.procs", "");
	scratch_write("tree/unit/cgroup.subtree_control", "memory pids");
	files_of_two("tree/unit/baton-build.0");
	made("0::/unit/service\n", 0);
	cr_assert_str_eq(g.path[CGROUP_MEMORY], "tree/unit/baton-build.0");
}

Test(cgroup, version_two_nobody_elses_processes_are_moved, .init = scratch_enter,
    .fini = scratch_leave)
{
	char text[64];

	snprintf(text, sizeof(text), "%d\n0\n", (int)getpid());
	scratch_write("tree/cgroup.procs", text);
	files_of_two("tree/baton-build.0");
	cr_assert_str_eq(made("0::/\n", 1), "");
	cr_assert(!scratch_exists("tree/baton-service"));
	/* nor are ours, where we are not the first process */
	stand_in("tree");
	cr_assert_str_eq(made("0::/\n", 77), "");
	cr_assert(!scratch_exists("tree/baton-service"));
}

Test(cgroup, version_two_makes_room_in_a_container, .init = scratch_enter, .fini = scratch_leave)
{
	char text[64];

	stand_in("tree");
	files_of_two("tree/baton-build.0");
	scratch_write("tree/baton-service/cgroup.procs", "");
	made("0::/\n", 1);
	snprintf(text, sizeof(text), "%d", (int)getpid());
	cr_assert(scratch_holds("tree/baton-service/cgroup.procs", text));
}

Test(cgroup, one_that_is_held_is_anothers_and_one_left_behind_goes, .init = scratch_enter,
    .fini = scratch_leave)
{
	int other;

	stand_in("tree/memory");
	scratch_write("tree/memory/baton-build.0/memory.limit_in_bytes", "");
	scratch_write("tree/memory/baton-build.0/cgroup.procs", "");
	stand_in("tree/pids");
	scratch_write("tree/pids/baton-build.0/pids.max", "");
	scratch_write("tree/pids/baton-build.1/pids.max", "");
	scratch_write("tree/pids/baton-build.1/cgroup.procs", "");
	mkdir("tree/pids/baton-build.2", 0755);
	other = open("tree/pids/baton-build.0", O_RDONLY | O_DIRECTORY);
	cr_assert_eq(flock(other, LOCK_EX), 0);
	made("4:memory:/\n3:pids:/\n", 0);
	cr_assert_str_eq(g.path[CGROUP_PIDS], "tree/pids/baton-build.1");
	cr_assert_str_eq(g.path[CGROUP_MEMORY], "tree/memory/baton-build.0", "each tree for itself");
	cr_assert(scratch_exists("tree/pids/baton-build.0"));
	cr_assert(!scratch_exists("tree/pids/baton-build.2"));
	close(other);
}

Test(cgroup, it_is_told_to_another_process)
{
	struct cgroup a, b;
	char text[CGROUP_TEXT];

	cgroup_init(&a);
	cgroup_init(&b);
	a.version = 1;
	strcpy(a.path[CGROUP_CPU], "/sys/fs/cgroup/cpu/x");
	cgroup_print(&a, text, sizeof(text));
	cr_assert_str_eq(text, "1::/sys/fs/cgroup/cpu/x:");
	cgroup_parse(&b, text);
	cr_assert_eq(b.version, 1);
	cr_assert_str_eq(b.path[CGROUP_MEMORY], "");
	cr_assert_str_eq(b.path[CGROUP_CPU], "/sys/fs/cgroup/cpu/x");
	cr_assert_str_eq(b.path[CGROUP_PIDS], "");
	cgroup_parse(&b, "0");
	cr_assert_eq(b.version, 0);
}

Test(cgroup, removed, .init = scratch_enter, .fini = scratch_leave)
{
	mkdir("made", 0755);
	cgroup_init(&g);
	strcpy(g.path[CGROUP_PIDS], "made");
	cgroup_remove(&g);
	cr_assert(!scratch_exists("made"));
	cr_assert_eq(g.version, 0);
}

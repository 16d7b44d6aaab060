/* Goal: what the container has left of memory and processes, of both versions of cgroups. */
#include <criterion/criterion.h>
#include <string.h>

#include "tests/unit/scratch.h"
#include "watcher/container.h"

static struct container
find(const char *own)
{
	struct container c;

	scratch_write("own", own);
	container_find(&c, "tree", "own");
	return c;
}

Test(container, no_cgroups_no_limits, .init = scratch_enter, .fini = scratch_leave)
{
	struct container c;

	container_find(&c, "tree", "own");
	cr_assert_eq(container_memory(&c).total, 0);
	cr_assert_eq(container_processes(&c).total, 0);
	cr_assert_eq(container_machine("meminfo").total, 0);
}

Test(container, version_two, .init = scratch_enter, .fini = scratch_leave)
{
	struct container c;

	scratch_write("tree/a/b/memory.max", "max\n");
	scratch_write("tree/a/memory.max", "1000000\n");
	scratch_write("tree/a/memory.current", "900000\n");
	scratch_write("tree/a/memory.stat", "anon 500000\nfile 300000\ninactive_file 200000\n"
	    "active_file 50000\nslab_reclaimable 10000\n");
	scratch_write("tree/a/b/pids.max", "100\n");
	scratch_write("tree/a/b/pids.current", "40\n");
	c = find("0::/a/b\n");
	cr_assert_eq(container_memory(&c).total, 1000000);
	cr_assert_eq(container_memory(&c).left, 1000000 - 900000 + 260000);
	cr_assert_eq(container_processes(&c).total, 100);
	cr_assert_eq(container_processes(&c).left, 60);
	/* limits change while a container runs */
	scratch_write("tree/a/memory.max", "max\n");
	cr_assert_eq(container_memory(&c).total, 0);
}

/* Docker shows a container its own cgroup as the root of each mount, and calls it what it is outside. */
Test(container, version_one_as_docker_shows_it, .init = scratch_enter, .fini = scratch_leave)
{
	struct container c;

	scratch_write("tree/memory/memory.limit_in_bytes", "536870912\n");
	scratch_write("tree/memory/memory.usage_in_bytes", "136870912\n");
	scratch_write("tree/memory/memory.stat", "cache 1\ninactive_file 7\ntotal_inactive_file 4096\n"
	    "total_active_file 4096\n");
	c = find("4:memory:/docker/0123\n3:pids:/docker/0123\n");
	cr_assert_eq(container_memory(&c).total, 536870912);
	cr_assert_eq(container_memory(&c).left, 400000000 + 8192);
}

Test(container, version_one_without_a_limit, .init = scratch_enter, .fini = scratch_leave)
{
	struct container c;

	scratch_write("tree/memory/memory.limit_in_bytes", "9223372036854771712\n");
	scratch_write("tree/memory/memory.usage_in_bytes", "136870912\n");
	c = find("4:memory:/\n");
	cr_assert_eq(container_memory(&c).total, 0);
}

Test(container, the_machine, .init = scratch_enter, .fini = scratch_leave)
{
	scratch_write("meminfo", "MemTotal:       24684000 kB\nMemFree:        23500000 kB\n"
	    "MemAvailable:   23900000 kB\n");
	cr_assert_eq(container_machine("meminfo").total, INT64_C(24684000) * 1024);
	cr_assert_eq(container_machine("meminfo").left, INT64_C(23900000) * 1024);
}

Test(container, processor_time, .init = scratch_enter, .fini = scratch_leave)
{
	scratch_write("own", "0::/a\n2:cpu,cpuacct:/c\n");
	cr_assert_eq(container_cpu("tree", "own"), 0);
	scratch_write("tree/cpu,cpuacct/c/cpu.cfs_quota_us", "50000\n");
	scratch_write("tree/cpu,cpuacct/c/cpu.cfs_period_us", "100000\n");
	cr_assert_eq(container_cpu("tree", "own"), 50);
	scratch_write("tree/a/cpu.max", "max 100000\n");
	scratch_write("tree/cpu.max", "150000 100000\n");
	cr_assert_eq(container_cpu("tree", "own"), 150);
}

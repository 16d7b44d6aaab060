/* Goal: a build is ended before the kernel would end more than it, with a sentence that says why. */
#include <criterion/criterion.h>
#include <string.h>

#include "watcher/usage.h"

#define M (INT64_C(1024) * 1024)
#define G (1024 * M)

static char why[256];

static bool
over(const struct usage_bounds *b, const struct usage *u)
{
	why[0] = '\0';
	return usage_over(b, u, why, sizeof(why));
}

Test(usage, what_is_not_known_is_no_reason)
{
	struct usage u = { .memory = 100 * G };
	struct usage_bounds b = { .disk = 0 };

	cr_assert(!over(&b, &u));
	cr_assert_eq(usage_patience(&b, &u), 500);
	cr_assert_eq(usage_memory_limit(&b, &u), 0);
}

Test(usage, the_reserve_grows_with_what_there_is)
{
	cr_assert_eq(usage_reserve(64 * M), 16 * M);
	cr_assert_eq(usage_reserve(512 * M), 32 * M);
	cr_assert_eq(usage_reserve(2 * G), 128 * M);
	cr_assert_eq(usage_reserve(64 * G), 256 * M);
}

Test(usage, the_container_comes_first)
{
	struct usage_bounds b = { .memory = 0 };
	struct usage u = { .memory = 396 * M, .container = { 512 * M, 33 * M },
		.machine = { 8 * G, 4 * G } };

	cr_assert(!over(&b, &u));
	u.container.left = 31 * M;
	cr_assert(over(&b, &u));
	cr_assert_str_eq(why, "it was ended: the container's memory limit of 512M is near (481M in "
	    "use, 396M of it by the build)");
	u.memory = 0;
	u.container.left = -4 * M;
	cr_assert(over(&b, &u));
	cr_assert_str_eq(why, "it was ended: the container's memory limit of 512M is near (516M in "
	    "use)");
}

Test(usage, then_the_machine)
{
	struct usage_bounds b = { .memory = 0 };
	struct usage u = { .container = { 4 * G, 2 * G }, .machine = { G, 63 * M } };

	cr_assert(over(&b, &u));
	cr_assert_str_eq(why, "it was ended: the end of the machine's memory of 1024M is near (961M in "
	    "use)");
}

Test(usage, what_is_configured)
{
	struct usage_bounds b = { .memory = 256 * M, .disk = 10 * M, .processes = 50 };
	struct usage u = { .memory = 256 * M, .written = 10 * M, .processes = 50 };

	cr_assert(!over(&b, &u));
	u.processes = 51;
	cr_assert(over(&b, &u));
	cr_assert_str_eq(why, "it was ended: it has more processes than BATON_SANDBOX_PROCESSES (50)");
	b.container_processes = 100;
	cr_assert(over(&b, &u));
	cr_assert_str_eq(why, "it was ended: it has more processes than the container's limit of 100 "
	    "leaves it (50)");
	u.written++;
	cr_assert(over(&b, &u));
	cr_assert_str_eq(why, "it was ended: it wrote more than BATON_SANDBOX_DISK (10M)");
	u.memory++;
	cr_assert(over(&b, &u));
	cr_assert_str_eq(why, "it was ended: it used more memory than BATON_SANDBOX_MEMORY (256M)");
}

Test(usage, killed_by_its_own_cgroup)
{
	struct usage_bounds own = { .memory = 256 * M }, none = { .memory = 0 };
	struct usage u = { .killed = 1, .container = { 512 * M, 400 * M }, .machine = { 8 * G, 7 * G } };

	cr_assert(over(&own, &u));
	cr_assert_str_eq(why, "it was ended: it used more memory than BATON_SANDBOX_MEMORY (256M)");
	cr_assert(over(&none, &u));
	cr_assert_str_eq(why, "it was ended: it needed more memory than the container's memory limit "
	    "of 512M leaves it");
	u.container.total = 0;
	cr_assert(over(&none, &u));
	cr_assert_str_eq(why, "it was ended: it needed more memory than the machine's memory of 8192M "
	    "leaves it");
}

Test(usage, a_disk_that_is_nearly_full)
{
	struct usage_bounds b = { .disk = 4 * G };
	struct usage u = { .disk = { 64 * M, 4 * M }, .files = { 16000, 900 } };

	cr_assert(!over(&b, &u));
	u.disk.left = 3 * M;
	cr_assert(over(&b, &u));
	cr_assert_str_eq(why, "it was ended: the disk it writes to is nearly full (3M of 64M left)");
	u.disk = (struct stock){ 100 * G, 65 * M };
	u.files.left = 700;
	cr_assert(over(&b, &u));
	cr_assert_str_eq(why, "it was ended: the disk it writes to has room for only 700 more files");
	u.files = (struct stock){ 0, 0 };
	cr_assert(!over(&b, &u), "a file system that counts no inodes");
	u.nested = true;
	cr_assert(over(&b, &u));
}

Test(usage, its_cgroup_gets_what_is_left)
{
	struct usage_bounds b = { .memory = 0 };
	struct usage u = { .memory = 100 * M, .container = { 512 * M, 232 * M },
		.machine = { 8 * G, 4 * G } };

	cr_assert_eq(usage_memory_limit(&b, &u), 300 * M);
	b.memory = 200 * M;
	cr_assert_eq(usage_memory_limit(&b, &u), 200 * M);
	u.container.left = 10 * M;
	cr_assert_eq(usage_memory_limit(&b, &u), 100 * M, "never less than it has");
}

Test(usage, the_nearer_the_end_the_sooner_the_next_look)
{
	struct usage_bounds b = { .memory = 0 };
	struct usage u = { .container = { 512 * M, 232 * M } };

	cr_assert_eq(usage_patience(&b, &u), 50);
	u.container.left = 72 * M;
	cr_assert_eq(usage_patience(&b, &u), 10);
	u.container.left = 0;
	cr_assert_eq(usage_patience(&b, &u), 5);
	u.container.left = 300 * G;
	cr_assert_eq(usage_patience(&b, &u), 500);
	u.files = (struct stock){ 100000, 1024 + 4000 };
	cr_assert_eq(usage_patience(&b, &u), 10);
	u.files.total = 0;
	b.processes = 512;
	cr_assert_eq(usage_patience(&b, &u), 25);
	b.processes_held = true;
	cr_assert_eq(usage_patience(&b, &u), 200);
}

/* Goal: what a build has written is found, in slices of any size, and while it changes. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/scratch.h"
#include "watcher/measure.h"
#include "watcher/usage.h"

static int64_t
measured(int entries)
{
	struct measure m;

	measure_open(&m, "out", "tmp");
	while (!measure_some(&m, entries))
		;
	measure_close(&m);
	return measure_bytes(&m);
}

Test(measure, nothing_there, .init = scratch_enter, .fini = scratch_leave)
{
	cr_assert_eq(measured(1), 0);
}

Test(measure, each_file_counts, .init = scratch_enter, .fini = scratch_leave)
{
	static char big[100 * 1024];
	FILE *f;

	scratch_write("out/a/b/c", "1");
	scratch_write("tmp/x", "");
	/* a, b, c and x */
	cr_assert_eq(measured(1000), 4 * USAGE_FILE_BYTES);
	cr_assert_eq(measured(1), 4 * USAGE_FILE_BYTES);
	f = fopen("out/big", "w");
	fwrite(big, 1, sizeof(big), f);
	fclose(f);
	cr_assert_geq(measured(3), 4 * USAGE_FILE_BYTES + 100 * 1024);
}

Test(measure, a_hole_counts_and_a_second_link_does_not, .init = scratch_enter,
    .fini = scratch_leave)
{
	scratch_write("out/hole", "");
	cr_assert_eq(truncate("out/hole", (off_t)1 << 40), 0);
	cr_assert_eq(measured(10), (int64_t)1 << 40);
	cr_assert_eq(link("out/hole", "out/again"), 0);
	cr_assert_eq(measured(10), (int64_t)1 << 40);
}

Test(measure, a_link_is_not_followed, .init = scratch_enter, .fini = scratch_leave)
{
	scratch_write("out/x", "");
	cr_assert_eq(symlink("/usr", "out/usr"), 0);
	cr_assert_eq(measured(10), 2 * USAGE_FILE_BYTES);
}

/* What goes away under the walk is no error, and the next walk begins again. */
Test(measure, it_goes_on_when_a_directory_is_gone, .init = scratch_enter, .fini = scratch_leave)
{
	struct measure m;

	scratch_write("out/a/x", "");
	scratch_write("out/a/y", "");
	measure_open(&m, "out", "tmp");
	cr_assert(!measure_some(&m, 3));
	unlink("out/a/x");
	unlink("out/a/y");
	rmdir("out/a");
	while (!measure_some(&m, 1))
		;
	while (!measure_some(&m, 1))
		;
	cr_assert_eq(measure_bytes(&m), 0);
	measure_close(&m);
}

Test(measure, too_deep, .init = scratch_enter, .fini = scratch_leave)
{
	struct measure m;
	int i;

	mkdir("out", 0755);
	cr_assert_eq(chdir("out"), 0);
	for (i = 0; i < MEASURE_DEEPEST + 20; i++)
		cr_assert(mkdir("d", 0755) == 0 && chdir("d") == 0);
	for (i = 0; i < MEASURE_DEEPEST + 21; i++)
		cr_assert_eq(chdir(".."), 0);
	measure_open(&m, "out", "tmp");
	while (!measure_some(&m, 100))
		;
	cr_assert(m.nested);
	measure_close(&m);
}

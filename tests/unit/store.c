/* Goal: a release is whole or not there, numbers grow, and what is in use stays. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scratch.h"
#include "watcher/store.h"

TestSuite(store, .init = scratch_enter, .fini = scratch_leave);

static void
build(int32_t number)
{
	struct record r = { .number = number, .result = RECORD_BUILT, .trigger = "change" };
	char path[64];

	snprintf(path, sizeof(path), "r/.%d/index.html", number);
	scratch_write(path, "x");
	cr_assert_eq(store_seal("r", &r), 0);
	snprintf(path, sizeof(path), "r/%d.log", number);
	scratch_write(path, "built\n");
}

Test(store, numbers_only_grow)
{
	struct record failed = { .number = 4, .result = RECORD_FAILED };

	cr_assert_eq(store_prepare("r"), 0);
	cr_assert_eq(store_next("r"), 1);
	cr_assert_eq(store_newest("r"), 0);
	build(1);
	build(3);
	cr_assert_eq(store_next("r"), 4);
	cr_assert_eq(store_write("r", &failed), 0);
	cr_assert_eq(store_next("r"), 5, "a failed build has its number too");
	cr_assert_eq(store_newest("r"), 3);
	scratch_write("r/007/x", "");
	scratch_write("r/99x/x", "");
	scratch_write("r/99999999999/x", "");
	cr_assert_eq(store_newest("r"), 3, "those are none of ours");
}

Test(store, what_was_cut_off_is_removed)
{
	build(1);
	scratch_write("r/.2/half", "x");
	scratch_write("r/.2.tmp/x", "x");
	scratch_write("r/.2.changed", "x");
	scratch_write("r/.3.gone/x", "x");
	scratch_write("r/.keep", "not ours");
	cr_assert_eq(chmod("r/.2", 0), 0);
	cr_assert_eq(store_prepare("r"), 0);
	cr_assert_not(scratch_exists("r/.2"));
	cr_assert_not(scratch_exists("r/.2.tmp"));
	cr_assert_not(scratch_exists("r/.2.changed"));
	cr_assert_not(scratch_exists("r/.3.gone"));
	cr_assert(scratch_exists("r/.keep"));
	cr_assert(scratch_exists("r/1/index.html"));
}

Test(store, drop_takes_one_build_only)
{
	scratch_write("r/.2/x", "x");
	scratch_write("r/.2.tmp/x", "x");
	scratch_write("r/.22/x", "x");
	scratch_write("r/2.log", "x");
	store_drop("r", 2);
	cr_assert_not(scratch_exists("r/.2"));
	cr_assert_not(scratch_exists("r/.2.tmp"));
	cr_assert(scratch_exists("r/.22/x"));
	cr_assert(scratch_exists("r/2.log"));
}

Test(store, prune_keeps_the_newest_the_live_and_those_in_use)
{
	struct record records[16];
	int32_t n;

	for (n = 1; n <= 9; n++)
		build(n);
	store_prune("r", 2, 3, "6 7 3");
	for (n = 1; n <= 9; n++) {
		char path[32];

		snprintf(path, sizeof(path), "r/%d", n);
		cr_expect_eq(scratch_exists(path), n == 3 || n >= 6, "%d", n);
	}
	cr_assert(scratch_exists("r/2.log"), "its record stays longer than it does");
	cr_assert_not(scratch_exists("r/1.log"), "four times as many");
	cr_assert_eq(store_list("r", 3, records, 16), 8);
	cr_assert_eq(records[0].number, 9);
	cr_assert(records[0].present);
	cr_assert_eq(records[6].number, 3);
	cr_assert(records[6].live && records[6].present);
	cr_assert_not(records[7].present);
	cr_assert_eq(store_list("r", 3, records, 2), 2);
}

Test(store, a_build_that_was_cut_off_is_known_as_such)
{
	struct record begun = { .number = 2 }, sealing = { .number = 3, .result = RECORD_BUILT };
	struct record pruned = { .number = 4, .result = RECORD_BUILT }, r;

	build(1);
	cr_assert_eq(store_write("r", &begun), 0);
	cr_assert_eq(store_write("r", &sealing), 0);
	cr_assert_eq(store_write("r", &pruned), 0);
	scratch_write("r/.3/x", "had all but its name");
	scratch_write("r/.4.gone/x", "half removed");
	cr_assert_eq(store_prepare("r"), 0);
	cr_assert_eq(store_read("r", 1, &r), 0);
	cr_assert_eq(r.result, RECORD_BUILT);
	cr_assert(r.present);
	cr_assert_eq(store_read("r", 2, &r), 0);
	cr_assert_eq(r.result, RECORD_FAILED);
	cr_assert_str_eq(r.why, "it was cut off");
	cr_assert_eq(store_read("r", 3, &r), 0);
	cr_assert_eq(r.result, RECORD_FAILED);
	cr_assert_not(r.present);
	cr_assert_eq(store_read("r", 4, &r), 0);
	cr_assert_eq(r.result, RECORD_BUILT, "it was one until it was pruned");
	cr_assert_eq(store_next("r"), 5);
}

Test(store, who_stays)
{
	int32_t n, *stay;

	cr_assert_null(store_staying("r", 2, ""));
	for (n = 1; n <= 5; n++)
		build(n);
	stay = store_staying("r", 2, "2 9");
	cr_assert_eq(stay[0], 5);
	cr_assert_eq(stay[1], 4);
	cr_assert_eq(stay[2], 2);
	cr_assert_eq(stay[3], 0);
	free(stay);
}

Test(store, a_release_of_which_nothing_is_recorded_is_listed)
{
	struct record records[4];

	scratch_write("r/5/x", "x");
	cr_assert_eq(store_list("r", 0, records, 4), 1);
	cr_assert_eq(records[0].number, 5);
	cr_assert(records[0].present);
	cr_assert_eq(records[0].result, RECORD_UNKNOWN);
}

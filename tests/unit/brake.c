/* Goal: a build has its part of each period, and no more. */
#include <criterion/criterion.h>
#include <signal.h>

#include "watcher/brake.h"

Test(brake, whole_processors_need_none)
{
	struct brake b;

	brake_begin(&b, 0, 0);
	cr_assert_eq(brake_step(&b, 1000), 0);
	brake_begin(&b, 200, 0);
	cr_assert_eq(brake_step(&b, 1000), 0);
	cr_assert_eq(brake_processors(200), 2);
	cr_assert_eq(brake_processors(5), 1);
	cr_assert_eq(brake_processors(101), 2);
}

Test(brake, parts_are_parts_of_time)
{
	static const int percents[] = { 5, 50, 75, 150, 199 };
	struct brake b;
	msec now, ran;
	size_t i;
	int processors;

	for (i = 0; i < sizeof(percents) / sizeof(percents[0]); i++) {
		brake_begin(&b, percents[i], 0);
		processors = brake_processors(percents[i]);
		for (now = 1, ran = 0; now <= 100 * BRAKE_PERIOD_MS; now++) {
			ran += !b.stopped;
			brake_step(&b, now);
		}
		cr_assert_leq(ran * processors, BRAKE_PERIOD_MS * percents[i], "%d", percents[i]);
		cr_assert_geq(ran * processors, BRAKE_PERIOD_MS * percents[i] * 8 / 10, "%d", percents[i]);
	}
}

Test(brake, each_signal_once)
{
	struct brake b;

	brake_begin(&b, 50, 0);
	cr_assert_eq(brake_step(&b, 19), 0);
	cr_assert_eq(brake_step(&b, 20), SIGSTOP);
	cr_assert_eq(brake_step(&b, 21), 0);
	cr_assert_eq(brake_step(&b, 70), SIGCONT, "late, but it goes on");
	cr_assert_eq(brake_step(&b, 71), 0);
	cr_assert_eq(b.at, 90);
}

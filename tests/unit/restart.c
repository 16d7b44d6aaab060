/* When a worker is started again: doubling, jitter, beginning anew, giving up. */
#include <criterion/criterion.h>

#include "handoff/restart.h"

static const struct restart_policy policy = { .delay = 100, .delay_most = 1000, .limit = 6,
	.window = 60000 };

Test(restart, doubles_up_to_the_most)
{
	static const msec delays[] = { 100, 200, 400, 800, 1000, 1000 };
	struct restart r = { 0 };
	size_t i;

	for (i = 0; i < 6; i++)
		cr_assert_eq(restart_after(&r, &policy, 0, 0, 5000) - 5000, delays[i]);
}

Test(restart, jitter_takes_at_most_a_quarter)
{
	uint32_t jitter;

	for (jitter = 0; jitter < 1000; jitter++) {
		struct restart r = { 0 };
		msec wait = restart_after(&r, &policy, 0, jitter, 0);

		cr_assert(wait >= 75 && wait <= 100, "%d", (int)wait);
	}
}

Test(restart, begins_anew_after_it_ran_well)
{
	struct restart r = { 0 };

	restart_after(&r, &policy, 0, 0, 0);
	restart_after(&r, &policy, 0, 0, 0);
	cr_assert_eq(restart_after(&r, &policy, 20000, 0, 0), 100);
}

Test(restart, gives_up_over_the_limit_in_the_window)
{
	struct restart r = { 0 };
	int i;

	for (i = 0; i < 6; i++)
		cr_assert_neq(restart_after(&r, &policy, 0, 0, i), CLOCK_NEVER);
	cr_assert_eq(restart_after(&r, &policy, 0, 0, 7), CLOCK_NEVER);
}

Test(restart, counts_anew_in_the_next_window)
{
	struct restart r = { 0 };
	int i;

	for (i = 0; i < 100; i++)
		cr_assert_neq(restart_after(&r, &policy, 0, 0, i * 15000), CLOCK_NEVER);
}

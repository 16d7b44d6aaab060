/* Goal: a build that gets no processor is helped, as long as that is so, and no longer. */
#include <criterion/criterion.h>

#include "watcher/pace.h"

static int
step(struct pace *p, int64_t ran_ms, bool wants, msec now)
{
	const struct strides s = { ran_ms, wants };

	return pace_step(p, &s, now);
}

Test(pace, what_gets_on_stays_idle)
{
	struct pace p = { .at = 0 };

	cr_assert_eq(step(&p, 100, true, 1000), 0);
	cr_assert_eq(step(&p, 200, true, 2000), 0);
	cr_assert_eq(step(&p, 200, false, 3000), 0, "it waits for something else");
	cr_assert_eq(step(&p, 200, true, 4000), 0, "it has only begun to want");
}

Test(pace, what_starves_gets_weight_and_gives_it_back)
{
	struct pace p = { .at = 0 };

	step(&p, 50, true, 1000);
	cr_assert_eq(step(&p, 140, true, 2000), 1);
	cr_assert_eq(step(&p, 200, true, 3000), 2);
	cr_assert_eq(step(&p, 220, true, 4000), PACE_HIGHEST);
	cr_assert_eq(step(&p, 520, true, 5000), PACE_HIGHEST, "it gets its tenth: so it stays");
	cr_assert_eq(step(&p, 1100, true, 6000), 0, "nobody is in its way any more");
}

Test(pace, what_wants_no_more_is_idle_again)
{
	struct pace p = { .at = 0, .level = 2, .wanted = true };

	cr_assert_eq(step(&p, 20, false, 1000), 0);
}

Test(pace, an_end_among_them_is_no_standstill)
{
	struct pace p = { .at = 0, .ran_ms = 5000, .wanted = true };

	cr_assert_eq(step(&p, 10, true, 1000), 0);
}

Test(pace, a_clock_that_stands_still)
{
	struct pace p = { .at = 1000, .level = 1, .wanted = true };

	cr_assert_eq(step(&p, 0, true, 1000), 1);
}

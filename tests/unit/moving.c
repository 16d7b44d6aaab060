/* Goal: the live path ends where it was wished last, whatever a store is in the middle of. */
#include <criterion/criterion.h>

#include "init/moving.h"

Test(moving, one_after_the_other_the_newest_wish_counts)
{
	struct moving m = { .published = 3 };

	moving_wish(&m, 3);
	cr_expect_eq(moving_due(&m), 0);
	moving_wish(&m, 4);
	cr_expect_eq(moving_due(&m), 4);
	moving_started(&m);
	cr_expect_eq(moving_due(&m), 0, "one at a time");
	moving_wish(&m, 5);
	moving_wish(&m, 6);
	moving_ended(&m, true, false);
	cr_expect_eq(m.published, 4);
	cr_expect_eq(moving_due(&m), 6);
}

Test(moving, back_to_where_it_still_is)
{
	struct moving m = { .published = 3 };

	moving_wish(&m, 4);
	moving_started(&m);
	moving_wish(&m, 3);
	moving_ended(&m, true, false);
	cr_expect_eq(moving_due(&m), 3, "a rollback while the store is on its way");
	moving_started(&m);
	moving_wish(&m, 3);
	moving_ended(&m, true, false);
	cr_expect_eq(moving_due(&m), 0);
}

Test(moving, one_that_was_killed_is_tried_again_one_that_failed_is_not)
{
	struct moving m = { .published = 3 };

	moving_wish(&m, 4);
	moving_started(&m);
	moving_ended(&m, false, true);
	cr_expect_eq(moving_due(&m), 4);
	moving_started(&m);
	moving_ended(&m, false, false);
	cr_expect_eq(moving_due(&m), 0);
	cr_expect_eq(m.published, 3);
}

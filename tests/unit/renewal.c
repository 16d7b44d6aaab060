/* A generation that is too old or too large is replaced, by nobody's request. */
#include <criterion/criterion.h>

#include "tests/unit/story.h"

enum { AGE = 10000, OLD_AT = 100 + AGE };

static struct service
serving_till_old(msec lameduck)
{
	struct policy p = policy;

	p.max_age = AGE;
	p.lameduck = lameduck;
	return serving(&p);
}

Test(renewal, who_has_served_for_long_enough_is_renewed_once)
{
	struct service s = serving_till_old(0);

	cr_assert_eq(service_deadline(&s), OLD_AT);
	happen(&s, EVENT_TICK, 0, 0, 0, OLD_AT - 1);
	cr_assert_null(effect(EFFECT_LAUNCH));
	happen(&s, EVENT_TICK, 0, 0, 0, OLD_AT);
	cr_assert_eq(effect(EFFECT_LAUNCH)->serial, 2);
	happen(&s, EVENT_FAILED, 2, 0, 1 << 8, 20000);
	happen(&s, EVENT_EXITED, 2, 0, 1 << 8, 20000);
	happen(&s, EVENT_TICK, 0, 0, 0, 90000);
	cr_assert_null(effect(EFFECT_LAUNCH), "it failed: the old one stays");
	cr_assert_eq(s.live, 1);
	cr_assert_eq(service_deadline(&s), CLOCK_NEVER);
}

Test(renewal, the_next_one_has_a_life_of_its_own)
{
	struct service s = serving_till_old(0);

	hand_over(&s, 2, 5000);
	happen(&s, EVENT_EXITED, 1, 0, 0, 5020);
	cr_assert_eq(service_deadline(&s), 5010 + AGE);
}

Test(renewal, a_handoff_under_way_is_renewal_enough)
{
	struct service s = serving_till_old(0);

	happen(&s, EVENT_WANTED, 0, 2, 0, OLD_AT - 100);
	happen(&s, EVENT_TICK, 0, 0, 0, OLD_AT);
	cr_assert_eq(s.turn, 2);
	happen(&s, EVENT_PROBED, 2, 0, 0, OLD_AT + 100);
	cr_assert_null(effect(EFFECT_LAUNCH));
	cr_assert_eq(s.live, 2);
}

Test(renewal, nobody_grows_old_without_a_greatest_age)
{
	struct service s = serving(&policy);

	cr_assert_eq(service_deadline(&s), CLOCK_NEVER);
}

Test(renewal, who_ends_is_not_woken_for_it)
{
	struct service s = serving_till_old(6L * AGE);

	happen(&s, EVENT_SHUTDOWN, 0, 0, 0, 200);
	cr_assert_eq(service_deadline(&s), 200 + 6L * AGE, "the end of the lame-duck time");
	happen(&s, EVENT_TICK, 0, 0, 0, OLD_AT);
	cr_assert_null(effect(EFFECT_LAUNCH));
}

Test(renewal, a_heavy_one_is_replaced_unless_it_is_already)
{
	struct service s = serving(&policy);

	happen(&s, EVENT_HEAVY, 1, 0, 0, 1000);
	cr_assert_eq(effect(EFFECT_LAUNCH)->serial, 2);
	cr_assert_eq(effect(EFFECT_LAUNCH)->release, 1, "the same release");
	happen(&s, EVENT_HEAVY, 1, 0, 0, 1001);
	cr_assert_eq(s.turn, 2);
}

Test(renewal, only_who_serves_can_be_too_heavy)
{
	struct service s = serving(&policy);

	hand_over(&s, 2, 1000);
	happen(&s, EVENT_HEAVY, 1, 0, 0, 2000);
	cr_assert_null(effect(EFFECT_LAUNCH), "it drains");
	cr_assert_eq(s.turn, 2);
}

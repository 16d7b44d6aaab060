/* A candidate that gets a share of the connections first. */
#include <criterion/criterion.h>

#include "tests/unit/story.h"

enum { ASKED_AT = 1000, READY_AT = 1500, FIRST_MS = 30000, SECOND_MS = 60000 };

static struct policy
with_canary(void)
{
	struct policy p = policy;

	p.canary = (struct canary){ 2, { { 100, false, FIRST_MS }, { 500, true, SECOND_MS } } };
	return p;
}

/* Generation 1 with release 1 serves, generation 2 with release 2 has the first share. */
static struct service
in_canary(const struct policy *p)
{
	struct service s = serving(p);

	cr_assert_eq(s.step, 0, "nobody to compare the first one with");
	happen(&s, EVENT_WANTED, 0, 2, 0, ASKED_AT);
	happen(&s, EVENT_PROBED, 2, 0, 0, READY_AT);
	cr_assert_eq(s.live, 1);
	cr_assert_eq(s.step, 1);
	return s;
}

Test(canary, gets_more_step_by_step_and_then_all)
{
	struct policy p = with_canary();
	struct service s = in_canary(&p);

	cr_assert_eq(plan.count, 1);
	cr_assert_eq(effect(EFFECT_SHARE)->serial, 2);
	cr_assert_eq(effect(EFFECT_SHARE)->slot, service_look(&s, 2)->slot);
	cr_assert_eq(effect(EFFECT_SHARE)->share, 100);
	cr_assert_eq(effect(EFFECT_SHARE)->by_source, false);
	cr_assert_eq(service_deadline(&s), READY_AT + FIRST_MS);
	happen(&s, EVENT_TICK, 0, 0, 0, READY_AT + FIRST_MS - 1);
	cr_assert_eq(plan.count, 0);
	happen(&s, EVENT_TICK, 0, 0, 0, READY_AT + FIRST_MS);
	cr_assert_eq(plan.count, 1);
	cr_assert_eq(effect(EFFECT_SHARE)->share, 500);
	cr_assert_eq(effect(EFFECT_SHARE)->by_source, true);
	cr_assert_eq(s.settled, 1, "whoever asked waits until it serves all");
	cr_assert_eq(service_deadline(&s), READY_AT + FIRST_MS + SECOND_MS);
	happen(&s, EVENT_TICK, 0, 0, 0, READY_AT + FIRST_MS + SECOND_MS);
	cr_assert_eq(s.live, 2);
	cr_assert_eq(s.step, 0);
	cr_assert_eq(s.settled, 2);
	cr_assert_null(effect(EFFECT_SHARE), "to steer takes the share away, at one stroke");
	cr_assert_eq(effect(EFFECT_STEER)->slot, service_look(&s, 2)->slot);
	cr_assert_eq(effect(EFFECT_DRAIN)->serial, 1);
	cr_assert_eq(service_look(&s, 1)->state, GENERATION_DRAINING);
}

Test(canary, a_late_turn_leaves_no_step_out)
{
	struct policy p = with_canary();
	struct service s = in_canary(&p);
	const msec late = READY_AT + FIRST_MS + SECOND_MS + 1;

	happen(&s, EVENT_TICK, 0, 0, 0, late);
	cr_assert_eq(s.step, 2);
	cr_assert_eq(service_deadline(&s), late + SECOND_MS);
}

/* It is taken out at once and drains, the live one goes on, and its release is not tried again. */
static void
is_taken_out(const struct service *s)
{
	cr_assert_eq(plan.count, 2);
	cr_assert_eq(plan.effects[0].type, EFFECT_SHARE);
	cr_assert_eq(plan.effects[0].share, 0);
	cr_assert_eq(plan.effects[1].type, EFFECT_DRAIN);
	cr_assert_eq(plan.effects[1].serial, 2);
	cr_assert_eq(s->live, 1);
	cr_assert_eq(s->candidate, 0);
	cr_assert_eq(s->step, 0);
	cr_assert_eq(s->failed, 1);
	cr_assert_eq(s->failed_turn, 2);
	cr_assert_eq(s->settled, 2);
	cr_assert_eq(s->wanted, 1);
	cr_assert_eq(service_look(s, 2)->state, GENERATION_DRAINING);
}

Test(canary, a_crash_takes_it_out)
{
	struct policy p = with_canary();
	struct service s = in_canary(&p);

	happen(&s, EVENT_WORKER_ENDED, 2, 0, 11, 2000);
	is_taken_out(&s);
	happen(&s, EVENT_EXITED, 2, 0, 0, 3000);
	cr_assert_eq(plan.count, 1);
	cr_assert_not_null(effect(EFFECT_FLUSH));
	cr_assert_eq(service_deadline(&s), CLOCK_NEVER);
}

Test(canary, a_failing_probe_takes_it_out)
{
	struct policy p = with_canary();
	struct service s = in_canary(&p);

	happen(&s, EVENT_PROBE_FAILED, 2, 0, 0, 2000);
	is_taken_out(&s);
	happen(&s, EVENT_PROBE_FAILED, 2, 0, 0, 2010);
	cr_assert_eq(plan.count, 0, "said once more");
	cr_assert_eq(s.failed, 1);
}

Test(canary, what_befalls_the_live_one_is_not_its_fault)
{
	struct policy p = with_canary();
	struct service s = in_canary(&p);

	happen(&s, EVENT_WORKER_ENDED, 1, 0, 11, 2000);
	happen(&s, EVENT_PROBE_FAILED, 1, 0, 0, 2000);
	cr_assert_eq(plan.count, 0);
	cr_assert_eq(s.step, 1);
}

Test(canary, one_that_gives_up_has_no_share_first)
{
	struct policy p = with_canary();
	struct service s = in_canary(&p);

	happen(&s, EVENT_FAILED, 2, 0, 1 << 8, 2000);
	cr_assert_eq(plan.effects[0].type, EFFECT_SHARE);
	cr_assert_eq(effect(EFFECT_STOP)->serial, 2);
	s = in_canary(&p);
	happen(&s, EVENT_EXITED, 2, 0, 9, 2000);
	cr_assert_eq(plan.effects[0].type, EFFECT_SHARE);
	cr_assert_eq(plan.effects[1].type, EFFECT_FLUSH);
	cr_assert_eq(s.live, 1);
	cr_assert_eq(s.step_until, CLOCK_NEVER);
}

Test(canary, serves_all_when_nobody_else_is_left)
{
	struct policy p = with_canary();
	struct service s;

	p.patient = true;
	s = in_canary(&p);
	happen(&s, EVENT_EXITED, 1, 0, 9, 2000);
	cr_assert_eq(s.live, 2);
	cr_assert_eq(s.step, 0);
	cr_assert_not_null(effect(EFFECT_STEER));
}

Test(canary, is_over_when_promoted)
{
	struct policy p = with_canary();
	struct service s = in_canary(&p);

	happen(&s, EVENT_PROMOTE, 0, 0, 0, 2000);
	cr_assert_eq(s.live, 2);
	cr_assert_eq(s.step, 0);
	cr_assert_eq(s.settled, s.turn);
	happen(&s, EVENT_PROMOTE, 0, 0, 0, 2010);
	cr_assert_eq(plan.count, 0, "nobody to promote");
}

Test(canary, a_newer_request_takes_its_place)
{
	struct policy p = with_canary();
	struct service s = in_canary(&p);

	happen(&s, EVENT_WANTED, 0, 3, 0, 2000);
	cr_assert_eq(plan.effects[0].type, EFFECT_SHARE);
	cr_assert_eq(plan.effects[0].share, 0);
	cr_assert_eq(effect(EFFECT_DRAIN)->serial, 2);
	cr_assert_eq(effect(EFFECT_LAUNCH)->release, 3);
	cr_assert_eq(s.failed, 0, "it did nothing wrong");
	happen(&s, EVENT_PROBED, 3, 0, 0, 2500);
	cr_assert_eq(effect(EFFECT_SHARE)->serial, 3);
	cr_assert_eq(s.step, 1);
}

Test(canary, one_that_was_not_ready_before_a_newer_request_has_none)
{
	struct policy p = with_canary();
	struct service s = serving(&p);

	happen(&s, EVENT_WANTED, 0, 2, 0, ASKED_AT);
	happen(&s, EVENT_WANTED, 0, 3, 0, ASKED_AT + 10);
	happen(&s, EVENT_PROBED, 2, 0, 0, READY_AT);
	cr_assert_null(effect(EFFECT_SHARE));
	cr_assert_null(effect(EFFECT_PROMOTED), "no release serves all without its canary");
	cr_assert_eq(effect(EFFECT_DRAIN)->serial, 2);
	cr_assert_eq(effect(EFFECT_LAUNCH)->release, 3);
}

Test(canary, taken_back_by_hand_leaves_who_serves)
{
	struct policy p = with_canary();
	struct service s = in_canary(&p);

	cr_assert(service_can_rollback(&s, 0));
	happen(&s, EVENT_ROLLBACK, 0, 0, 0, 2000);
	cr_assert_eq(plan.effects[0].type, EFFECT_SHARE);
	cr_assert_eq(effect(EFFECT_DRAIN)->serial, 2);
	cr_assert_null(effect(EFFECT_LAUNCH));
	cr_assert_eq(s.live, 1);
	cr_assert_eq(s.failed_turn, 2, "who asked for release 2 is told");
	cr_assert_eq(s.settled, 3, "and who took it back");
	cr_assert_eq(s.turn, 3);
}

Test(canary, going_back_and_renewing_and_haste_have_none)
{
	struct policy p = with_canary();
	struct service s;

	p.max_age = 200000;
	s = in_canary(&p);
	happen(&s, EVENT_PROMOTE, 0, 0, 0, 2000);
	happen(&s, EVENT_EXITED, 1, 0, 0, 2100);
	happen(&s, EVENT_ROLLBACK, 0, 0, 0, 3000);
	cr_assert_eq(effect(EFFECT_LAUNCH)->release, 1);
	happen(&s, EVENT_PROBED, 3, 0, 0, 4000);
	cr_assert_eq(s.live, 3);
	happen(&s, EVENT_EXITED, 2, 0, 0, 4100);
	happen(&s, EVENT_TICK, 0, 0, 0, 4000 + p.max_age);
	happen(&s, EVENT_PROBED, 4, 0, 0, 4100 + p.max_age);
	cr_assert_eq(s.live, 4, "nothing new about it");
	happen(&s, EVENT_EXITED, 3, 0, 0, 5000 + p.max_age);
	happen(&s, EVENT_HEAVY, 4, 0, 0, 6000 + p.max_age);
	happen(&s, EVENT_PROBED, 5, 0, 0, 7000 + p.max_age);
	cr_assert_eq(s.live, 5);
	happen(&s, EVENT_EXITED, 4, 0, 0, 8000 + p.max_age);
	happen(&s, EVENT_WANTED, 0, 2, 0, 9000 + p.max_age);
	happen(&s, EVENT_HURRY, 0, 0, 0, 9000 + p.max_age);
	happen(&s, EVENT_PROBED, 6, 0, 0, 9100 + p.max_age);
	cr_assert_eq(s.live, 6);
}

Test(canary, ends_with_the_service)
{
	struct policy p = with_canary();
	struct service s = in_canary(&p);

	happen(&s, EVENT_SHUTDOWN, 0, 0, 0, 2000);
	cr_assert_not_null(effect(EFFECT_BAR));
	cr_assert_null(effect(EFFECT_SHARE), "the door is barred for all at one stroke");
	cr_assert_eq(s.step, 0);
	cr_assert_eq(service_look(&s, 1)->state, GENERATION_DRAINING);
	cr_assert_eq(service_look(&s, 2)->state, GENERATION_DRAINING);
}

/* Release 1, then release 2 twice, each kept warm when it is replaced. */
Test(rollback, goes_to_the_release_before_not_to_the_newest_warm_generation)
{
	struct policy p = policy;
	struct service s;

	p.patience.warm = 60000;
	s = serving(&p);
	hand_over(&s, 2, 1000);
	hand_over(&s, 2, 2000);
	cr_assert_eq(s.live, 3);
	happen(&s, EVENT_ROLLBACK, 0, 0, 0, 3000);
	cr_assert_eq(s.live, 1, "at once: release 1 is warm");
	cr_assert_eq(service_look(&s, s.live)->release, 1);
	happen(&s, EVENT_ROLLBACK, 0, 0, 0, 4000);
	cr_assert_eq(service_look(&s, s.live)->release, 2);
	cr_assert_eq(s.live, 3, "the newest of that release");
}

Test(rollback, launches_the_release_before_when_it_is_not_warm_any_more)
{
	struct policy p = policy;
	struct service s;

	p.patience.warm = 10000;
	s = serving(&p);
	hand_over(&s, 2, 1000);
	happen(&s, EVENT_TICK, 0, 0, 0, 12000);
	happen(&s, EVENT_EXITED, 1, 0, 0, 12100);
	hand_over(&s, 2, 13000);
	happen(&s, EVENT_ROLLBACK, 0, 0, 0, 14000);
	cr_assert_eq(effect(EFFECT_LAUNCH)->release, 1);
}

/* With a lame-duck time everything stays as it is until that is over. */
Test(canary, nobody_goes_back_while_it_ends)
{
	struct policy p = with_canary();
	struct service s;

	p.lameduck = 5000;
	s = in_canary(&p);
	happen(&s, EVENT_SHUTDOWN, 0, 0, 0, READY_AT + 10);
	cr_assert_eq(s.step, 1);
	happen(&s, EVENT_ROLLBACK, 0, 0, 0, READY_AT + 20);
	cr_assert_eq(plan.count, 0);
	cr_assert_eq(s.step, 1);
	cr_assert_eq(s.wanted, 2);
}

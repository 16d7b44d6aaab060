/* One worker at a time: the story of a handoff that rolls, and of one that is taken back. */
#include <criterion/criterion.h>

#include "handoff/settle.h"
#include "tests/unit/story.h"

enum { PLACES = 3 };

static struct policy
rolls(void)
{
	struct policy p = policy;

	p.places = PLACES;
	return p;
}

static void
answer(struct service *s, enum event_type type, uint32_t serial, msec now)
{
	happen(s, type, serial, 0, s->roll.order, now);
}

static void
told(enum effect_type type, uint32_t serial, int first, int end)
{
	const struct effect *e = effect(type);

	cr_assert_not_null(e);
	cr_assert_eq(e->serial, serial);
	cr_assert_eq(e->first, first);
	cr_assert_eq(e->end, end);
}

static void
steered(int slot, int moved, int second)
{
	const struct effect *e = effect(EFFECT_STEER);

	cr_assert_not_null(e);
	cr_assert_eq(e->slot, slot);
	cr_assert_eq(e->moved, moved);
	if (moved > 0)
		cr_assert_eq(e->second, second);
}

/* The first worker of generation 2 is ready, at 1000; generation 1's first drains. */
static struct service
rolling(void)
{
	struct policy p = rolls();
	struct service s = serving(&p);

	happen(&s, EVENT_WANTED, 0, 2, 0, 1000);
	cr_assert_eq(effect(EFFECT_LAUNCH)->end, 1);
	happen(&s, EVENT_ANNOUNCED, 2, 0, 0, 1000);
	cr_assert_eq(effect(EFFECT_PROBE)->end, 1);
	happen(&s, EVENT_PROBED, 2, 0, 0, 1000);
	return s;
}

/* The second, too: the third is to start. */
static struct service
further(void)
{
	struct service s = rolling();

	answer(&s, EVENT_RETIRED, 1, 1100);
	answer(&s, EVENT_ANNOUNCED, 2, 1200);
	answer(&s, EVENT_PROBED, 2, 1300);
	answer(&s, EVENT_RETIRED, 1, 1400);
	told(EFFECT_GROW, 2, 0, 3);
	return s;
}

Test(rolling, begins_with_all_workers_when_nobody_serves)
{
	struct policy p = rolls();
	struct service s = starting(&p);

	cr_assert_eq(effect(EFFECT_LAUNCH)->end, 0);
	cr_assert_eq(s.roll.to, 0);
}

Test(rolling, moves_place_by_place_and_chooses_with_the_last)
{
	struct service s = rolling();

	steered(0, 1, 1);
	told(EFFECT_RETIRE, 1, 1, 3);
	cr_assert_eq(s.live, 1);
	answer(&s, EVENT_RETIRED, 1, 1100);
	told(EFFECT_GROW, 2, 0, 2);
	answer(&s, EVENT_ANNOUNCED, 2, 1200);
	told(EFFECT_PROBE, 2, 1, 2);
	cr_assert_null(effect(EFFECT_STEER));
	answer(&s, EVENT_PROBED, 2, 1300);
	steered(0, 2, 1);
	told(EFFECT_RETIRE, 1, 2, 3);
	answer(&s, EVENT_RETIRED, 1, 1400);
	told(EFFECT_GROW, 2, 0, 3);
	answer(&s, EVENT_NOTIFIED, 2, 1500);
	steered(1, 0, 0);
	cr_assert_eq(s.live, 2);
	cr_assert_eq(effect(EFFECT_DRAIN)->serial, 1);
	cr_assert_null(effect(EFFECT_GROW));
	cr_assert_eq(s.done, 1);
	cr_assert_eq(s.roll.to, 0);
}

Test(rolling, hears_no_late_answer)
{
	struct service s = rolling();
	int late = s.roll.order;

	answer(&s, EVENT_RETIRED, 1, 1100);
	happen(&s, EVENT_PROBED, 2, 0, 0, 1150);
	happen(&s, EVENT_RETIRED, 1, 0, late, 1200);
	happen(&s, EVENT_NOTIFIED, 2, 0, late, 1250);
	happen(&s, EVENT_PROBED, 1, 0, s.roll.order, 1250);
	cr_assert_eq(plan.count, 0);
	cr_assert_eq(s.roll.moved, 1);
}

Test(rolling, is_ready_only_by_what_was_asked_for)
{
	struct service s = rolling();

	s.policy.ready = READY_BY_PROBE;
	answer(&s, EVENT_RETIRED, 1, 1100);
	answer(&s, EVENT_NOTIFIED, 2, 1200);
	cr_assert_eq(plan.count, 0);
	s.policy.ready = READY_BY_NOTIFY;
	answer(&s, EVENT_ANNOUNCED, 2, 1200);
	cr_assert_eq(plan.count, 0);
	answer(&s, EVENT_NOTIFIED, 2, 1300);
	cr_assert_eq(s.roll.moved, 2);
}

Test(rolling, the_next_one_waits_until_the_old_is_gone)
{
	struct service s = further();

	answer(&s, EVENT_PROBED, 2, 1500);
	happen(&s, EVENT_WANTED, 0, 3, 0, 1600);
	cr_assert_null(effect(EFFECT_LAUNCH));
	cr_assert_eq(settle_waits_for(&s)->serial, 1);
	happen(&s, EVENT_EXITED, 1, 0, 0, 1700);
	cr_assert_eq(effect(EFFECT_LAUNCH)->serial, 3);
}

/* From two places of the new generation back to none. */
static void
goes_back(struct service *s, msec now)
{
	cr_assert_eq(s->failed, 1);
	cr_assert_eq(s->wanted, 1);
	told(EFFECT_RETIRE, 2, 0, 2);	/* whoever was to be the third */
	cr_assert_null(effect(EFFECT_STEER));
	answer(s, EVENT_RETIRED, 2, now);
	told(EFFECT_GROW, 1, 1, 3);
	answer(s, EVENT_ANNOUNCED, 1, now);
	told(EFFECT_PROBE, 1, 1, 2);
	cr_assert(rolling_awaits(s, 1));
	answer(s, EVENT_PROBED, 1, now);
	steered(0, 1, 1);
	told(EFFECT_RETIRE, 2, 0, 1);
	answer(s, EVENT_RETIRED, 2, now);
	told(EFFECT_GROW, 1, 0, 3);
	answer(s, EVENT_NOTIFIED, 1, now);
	steered(0, 0, 0);
	cr_assert_eq(effect(EFFECT_DRAIN)->serial, 2);
	cr_assert_eq(s->live, 1);
	happen(s, EVENT_EXITED, 2, 0, 0, now);
	cr_assert_eq(effect(EFFECT_FLUSH)->slot, 1);
}

Test(rolling, goes_back_place_by_place_when_a_worker_ends)
{
	struct service s = further();

	happen(&s, EVENT_WORKER_ENDED, 2, 0, 3 << 8, 1500);
	goes_back(&s, 1500);
}

Test(rolling, goes_back_when_a_worker_is_late)
{
	struct service s = further();
	msec due = service_deadline(&s);

	cr_assert_eq(due, 1400 + policy.patience.ready + 1);
	cr_assert(rolling_overdue(&s, due));
	happen(&s, EVENT_TICK, 0, 0, 0, due);
	cr_assert_eq(s.candidate, 0);
	goes_back(&s, due);
}

Test(rolling, gives_a_new_worker_the_time_it_asks_for)
{
	struct service s = further();
	msec due = service_deadline(&s), later = due - 10 + 500 + 1;

	happen(&s, EVENT_EXTEND, 1, 0, 90000, 1500);
	cr_assert_eq(service_deadline(&s), due, "it is not the old one that starts");
	happen(&s, EVENT_EXTEND, 2, 0, 1, 1500);
	cr_assert_eq(service_deadline(&s), due, "it is never less");
	happen(&s, EVENT_EXTEND, 2, 0, 500, due - 10);
	cr_assert_eq(service_deadline(&s), later);
	happen(&s, EVENT_TICK, 0, 0, 0, due);
	cr_assert_eq(s.failed, 0);
	happen(&s, EVENT_TICK, 0, 0, 0, later);
	goes_back(&s, later);
}

Test(rolling, waits_for_a_retired_worker_as_long_as_it_asks)
{
	struct service s = rolling();
	msec due = service_deadline(&s);

	happen(&s, EVENT_EXTEND, 2, 0, 900000, due - 10);
	cr_assert_eq(service_deadline(&s), due, "it is not the new one that drains");
	happen(&s, EVENT_EXTEND, 1, 0, 5000, due - 10);
	cr_assert_geq(service_deadline(&s), due - 10 + 5000 + policy.patience.stop);
	happen(&s, EVENT_TICK, 0, 0, 0, due);
	cr_assert_null(effect(EFFECT_GROW));
	happen(&s, EVENT_TICK, 0, 0, 0, service_deadline(&s));
	told(EFFECT_GROW, 2, 0, 2);
}

Test(rolling, nothing_is_launched_while_it_goes_back)
{
	struct service s = further();

	happen(&s, EVENT_WORKER_ENDED, 2, 0, 3 << 8, 1500);
	happen(&s, EVENT_WANTED, 0, 3, 0, 1500);
	happen(&s, EVENT_ROLLBACK, 0, 2, 0, 1500);
	cr_assert_eq(plan.count, 0);
	cr_assert_eq(s.live, 1);
}

Test(rolling, waits_for_no_old_worker_for_ever)
{
	struct service s = further();

	happen(&s, EVENT_WORKER_ENDED, 2, 0, 3 << 8, 1500);
	answer(&s, EVENT_RETIRED, 2, 1500);
	happen(&s, EVENT_TICK, 0, 0, 0, service_deadline(&s));
	steered(0, 1, 1);
	told(EFFECT_RETIRE, 2, 0, 1);
	happen(&s, EVENT_TICK, 0, 0, 0, service_deadline(&s));
	told(EFFECT_GROW, 1, 0, 3);
}

Test(rolling, a_new_generation_that_dies_gives_all_places_back_at_once)
{
	struct service s = further();
	int i, steer = -1, flush = -1;

	happen(&s, EVENT_EXITED, 2, 0, 9, 1500);
	steered(0, 0, 0);
	told(EFFECT_GROW, 1, 0, 3);
	for (i = 0; i < plan.count; i++) {
		steer = plan.effects[i].type == EFFECT_STEER ? i : steer;
		flush = plan.effects[i].type == EFFECT_FLUSH ? i : flush;
	}
	cr_assert_lt(steer, flush, "clients are steered into what is flushed");
	cr_assert_eq(s.failed, 1);
	happen(&s, EVENT_WANTED, 0, 3, 0, 1600);
	cr_assert_null(effect(EFFECT_LAUNCH), "the old generation is not whole yet");
	answer(&s, EVENT_ANNOUNCED, 1, 1700);
	told(EFFECT_PROBE, 1, 0, 3);
	answer(&s, EVENT_PROBED, 1, 1800);
	cr_assert_eq(effect(EFFECT_LAUNCH)->serial, 3);
}

static void
old_one_dies(int status)
{
	struct service s = further();

	happen(&s, EVENT_EXITED, 1, 0, status, 1500);
	cr_assert_eq(s.live, 2);
	steered(1, 0, 0);
	told(EFFECT_GROW, 2, 0, 3);
	cr_assert(!s.stopping);
}

Test(rolling, an_old_generation_that_dies_leaves_all_to_the_new_one)
{
	old_one_dies(9);
	old_one_dies(0);		/* its last worker ended as its policy has it */
}

Test(rolling, an_old_generation_that_gives_up_leaves_all_to_the_new_one)
{
	struct service s = further();

	happen(&s, EVENT_FAILED, 1, 0, 3 << 8, 1500);
	cr_assert_eq(s.live, 2);
	cr_assert(!s.stopping);
	told(EFFECT_GROW, 2, 0, 3);
}

Test(rolling, waits_for_no_retired_worker_for_ever)
{
	struct service s = rolling();

	happen(&s, EVENT_TICK, 0, 0, 0, service_deadline(&s));
	told(EFFECT_GROW, 2, 0, 2);
}

Test(rolling, also_when_it_is_on_the_way_back)
{
	struct service s = further();

	happen(&s, EVENT_WORKER_ENDED, 2, 0, 3 << 8, 1500);
	happen(&s, EVENT_EXITED, 1, 0, 9, 1600);
	cr_assert_eq(s.live, 2);
	told(EFFECT_GROW, 2, 0, 3);
}

Test(rolling, ends_in_the_middle)
{
	struct service s = further();

	happen(&s, EVENT_SHUTDOWN, 0, 0, 0, 1500);
	cr_assert_not_null(effect(EFFECT_BAR));
	cr_assert_eq(s.roll.to, 0);
	answer(&s, EVENT_PROBED, 2, 1600);
	cr_assert_eq(plan.count, 0);
	happen(&s, EVENT_EXITED, 1, 0, 0, 1700);
	happen(&s, EVENT_EXITED, 2, 0, 0, 1800);
	cr_assert_eq(effect(EFFECT_END)->code, 0);
}

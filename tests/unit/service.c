/* The story of a service: every row of its table of live and candidate, and what it does next. */
#include <criterion/criterion.h>

#include <signal.h>
#include <string.h>

#include "handoff/service.h"
#include "handoff/settle.h"
#include "tests/unit/story.h"

Test(service, opens_with_the_first_release)
{
	struct service s;

	service_begin(&s, &policy);
	cr_assert_str_eq(service_shown(&s), "waiting");
	cr_assert_eq(service_deadline(&s), CLOCK_NEVER, "nothing is due before it is booted");
	happen(&s, EVENT_BOOTED, 0, 7, 0, 1000);
	cr_assert_str_eq(service_shown(&s), "opening");
	cr_assert_not_null(effect(EFFECT_LAUNCH));
	cr_assert_eq(effect(EFFECT_LAUNCH)->release, 7);
	cr_assert_eq(effect(EFFECT_LAUNCH)->slot, s.steered, "clients wait in its queue");
	happen(&s, EVENT_ANNOUNCED, 1, 0, 0, 1010);
	cr_assert_eq(effect(EFFECT_PROBE)->serial, 1);
	happen(&s, EVENT_PROBED, 1, 0, 0, 1020);
	cr_assert_str_eq(service_shown(&s), "serving");
	cr_assert_eq(effect(EFFECT_PROMOTED)->serial, 1);
	cr_assert_eq(effect(EFFECT_PUBLISH)->release, 7);
	cr_assert_eq(service_deadline(&s), CLOCK_NEVER, "an idle service wakes nobody");
}

Test(service, hands_over_by_steering_first_and_draining_then)
{
	struct service s = serving(&policy);
	int old_slot = s.steered, i, steered = -1, drained = -1;

	happen(&s, EVENT_WANTED, 0, 2, 0, 200);
	cr_assert_str_eq(service_shown(&s), "handing over");
	cr_assert_neq(effect(EFFECT_LAUNCH)->slot, old_slot);
	cr_assert_null(effect(EFFECT_STEER), "nobody is steered before it is ready");
	happen(&s, EVENT_PROBED, 2, 0, 0, 300);
	for (i = 0; i < plan.count; i++) {
		steered = plan.effects[i].type == EFFECT_STEER ? i : steered;
		drained = plan.effects[i].type == EFFECT_DRAIN ? i : drained;
	}
	cr_assert(steered >= 0 && steered < drained);
	cr_assert_eq(plan.effects[drained].serial, 1);
	cr_assert_eq(service_look(&s, 1)->state, GENERATION_DRAINING);
	cr_assert_null(effect(EFFECT_FLUSH), "the old slot's queue is still being served");
	happen(&s, EVENT_EXITED, 1, 0, 0, 400);
	cr_assert_eq(effect(EFFECT_FLUSH)->slot, old_slot);
	cr_assert_eq(s.done, 1);
}

Test(service, readiness_comes_only_from_what_was_asked_for)
{
	struct policy by_probe = policy;
	struct service s;

	by_probe.ready = READY_BY_PROBE;
	s = serving(&by_probe);
	happen(&s, EVENT_WANTED, 0, 2, 0, 200);
	happen(&s, EVENT_NOTIFIED, 2, 0, 0, 300);
	cr_assert_eq(s.live, 1);
	happen(&s, EVENT_PROBED, 2, 0, 0, 300);
	cr_assert_eq(s.live, 2);
}

Test(service, a_failed_candidate_leaves_all_as_it_was)
{
	struct service s = serving(&policy);

	happen(&s, EVENT_WANTED, 0, 2, 0, 200);
	happen(&s, EVENT_FAILED, 2, 0, 256, 300);
	cr_assert_eq(s.live, 1);
	cr_assert_eq(s.candidate, 0);
	cr_assert_eq(s.failed, 1);
	cr_assert_eq(s.failed_turn, 2);
	cr_assert_eq(effect(EFFECT_STOP)->serial, 2);
	happen(&s, EVENT_EXITED, 2, 0, 256, 310);
	cr_assert_null(effect(EFFECT_LAUNCH), "what failed is not tried again by itself");
	cr_assert_str_eq(service_shown(&s), "serving");
	cr_assert_eq(s.good, 1);
	happen(&s, EVENT_WANTED, 0, 3, 0, 400);
	cr_assert_gt(s.turn, s.failed_turn, "a new request is not taken for the failed one");
	cr_assert_eq(effect(EFFECT_LAUNCH)->release, 3);
}

Test(service, a_candidate_that_is_late_is_stopped_then_killed)
{
	struct service s = serving(&policy);

	happen(&s, EVENT_WANTED, 0, 2, 0, 200);
	cr_assert_eq(service_deadline(&s), 60200);
	happen(&s, EVENT_TICK, 0, 0, 0, 60200);
	cr_assert_eq(effect(EFFECT_STOP)->serial, 2);
	cr_assert_eq(s.failed_turn, 2);
	happen(&s, EVENT_TICK, 0, 0, 0, 70200);
	cr_assert_eq(effect(EFFECT_KILL)->serial, 2);
	cr_assert_eq(s.live, 1);
}

Test(service, a_late_answer_promotes_nobody)
{
	struct service s = serving(&policy);

	happen(&s, EVENT_WANTED, 0, 2, 0, 200);
	happen(&s, EVENT_EXITED, 2, 0, 256, 210);
	happen(&s, EVENT_WANTED, 0, 3, 0, 220);
	happen(&s, EVENT_PROBED, 2, 0, 0, 230);
	cr_assert_eq(s.live, 1);
	cr_assert_eq(s.candidate, 3);
}

Test(service, many_requests_become_one)
{
	struct service s = serving(&policy);

	happen(&s, EVENT_WANTED, 0, 2, 0, 200);
	happen(&s, EVENT_WANTED, 0, 3, 0, 201);
	happen(&s, EVENT_WANTED, 0, 4, 0, 202);
	cr_assert_null(effect(EFFECT_LAUNCH));
	happen(&s, EVENT_PROBED, 2, 0, 0, 300);
	cr_assert_eq(s.live, 2);
	cr_assert_eq(effect(EFFECT_LAUNCH)->release, 4);
	happen(&s, EVENT_PROBED, 3, 0, 0, 400);
	cr_assert_eq(service_look(&s, s.live)->turn, 4);
	cr_assert_str_eq(service_shown(&s), "serving");
}

Test(service, a_newer_request_survives_the_failure_of_an_older_one)
{
	struct service s = serving(&policy);

	happen(&s, EVENT_WANTED, 0, 2, 0, 200);
	happen(&s, EVENT_WANTED, 0, 3, 0, 201);
	happen(&s, EVENT_EXITED, 2, 0, 256, 300);
	cr_assert_eq(effect(EFFECT_LAUNCH)->release, 3);
}

Test(service, waits_for_the_oldest_when_too_many_drain)
{
	struct service s = serving(&policy);

	hand_over(&s, 2, 1000);
	hand_over(&s, 3, 2000);
	cr_assert_eq(service_draining(&s), 2);
	happen(&s, EVENT_WANTED, 0, 4, 0, 3000);
	cr_assert_null(effect(EFFECT_LAUNCH));
	cr_assert_eq(service_deadline(&s), 31010, "the oldest drain ends the waiting");
	happen(&s, EVENT_EXITED, 1, 0, 0, 4000);
	cr_assert_eq(effect(EFFECT_LAUNCH)->release, 4);
}

Test(service, hurry_cuts_the_oldest_short)
{
	struct service s = serving(&policy);

	hand_over(&s, 2, 1000);
	hand_over(&s, 3, 2000);
	happen(&s, EVENT_WANTED, 0, 4, 0, 3000);
	happen(&s, EVENT_HURRY, 0, 0, 0, 3000);
	cr_assert_eq(effect(EFFECT_STOP)->serial, 1);
	cr_assert_not_null(effect(EFFECT_LAUNCH));
}

Test(service, a_crash_of_all_lets_clients_wait_for_the_next)
{
	struct service s = serving(&policy);
	int slot = s.steered;

	happen(&s, EVENT_EXITED, 1, 0, SIGKILL, 1000);
	cr_assert_str_eq(service_shown(&s), "waiting");
	cr_assert_null(effect(EFFECT_FLUSH), "who waits in the queue is not thrown out");
	cr_assert_eq(service_deadline(&s), 1100 - 1000 % 26, "up to a quarter less");
	happen(&s, EVENT_TICK, 0, 0, 0, 1100);
	cr_assert_eq(effect(EFFECT_LAUNCH)->slot, slot);
	cr_assert_eq(effect(EFFECT_LAUNCH)->release, 1);
}

Test(service, backs_off_and_gives_up_at_the_limit)
{
	struct service s;

	service_begin(&s, &policy);
	happen(&s, EVENT_LISTENING, 0, 0, 0, 0);
	happen(&s, EVENT_BOOTED, 0, 0, 0, 0);
	happen(&s, EVENT_FAILED, 1, 0, 3 << 8, 10);
	happen(&s, EVENT_EXITED, 1, 0, 3 << 8, 20);
	cr_assert_eq(service_deadline(&s), 110 - 10 % 26);
	happen(&s, EVENT_TICK, 0, 0, 0, 110);
	happen(&s, EVENT_FAILED, 2, 0, 3 << 8, 120);
	happen(&s, EVENT_EXITED, 2, 0, 3 << 8, 120);
	cr_assert_eq(service_deadline(&s), 320 - 120 % 51);
	happen(&s, EVENT_TICK, 0, 0, 0, 320);
	happen(&s, EVENT_FAILED, 3, 0, 3 << 8, 330);
	happen(&s, EVENT_EXITED, 3, 0, 3 << 8, 330);
	cr_assert_null(effect(EFFECT_END), "three restarts are within the limit");
	happen(&s, EVENT_TICK, 0, 0, 0, 730);
	happen(&s, EVENT_FAILED, 4, 0, 3 << 8, 740);
	happen(&s, EVENT_EXITED, 4, 0, 3 << 8, 740);
	cr_assert_not_null(effect(EFFECT_END));
	cr_assert_eq(effect(EFFECT_END)->code, 3);
}

/* Fail as soon as launched, and again after a pause; how often before the end comes, 0 for never. */
static int
failures_until_the_end(struct service *s, uint32_t serial, msec pause)
{
	enum { MOST = 9 };
	msec now = 100000;
	int count;

	for (count = 1; count <= MOST; count++, now += pause) {
		happen(s, EVENT_TICK, 0, 0, 0, now);
		happen(s, EVENT_FAILED, serial, 0, 3 << 8, now + 1);
		happen(s, EVENT_EXITED, serial++, 0, 3 << 8, now + 1);
		if (effect(EFFECT_END) != NULL)
			return count;
	}
	return 0;
}

Test(service, who_never_served_is_given_up_however_long_the_pauses_are)
{
	struct service s;

	service_begin(&s, &policy);
	happen(&s, EVENT_LISTENING, 0, 0, 0, 0);
	happen(&s, EVENT_BOOTED, 0, 0, 0, 0);
	cr_assert_eq(failures_until_the_end(&s, 1, 100000), policy.restart_limit + 1);
}

Test(service, who_served_is_tried_again_as_long_as_the_window_is_not_full)
{
	struct service s = serving(&policy);

	happen(&s, EVENT_EXITED, 1, 0, SIGKILL, 1000);
	cr_assert_eq(failures_until_the_end(&s, 2, 100000), 0);
	s = serving(&policy);
	happen(&s, EVENT_EXITED, 1, 0, SIGKILL, 99000);
	cr_assert_eq(failures_until_the_end(&s, 2, 2000), policy.restart_limit,
	    "the first that failed was the one that had served");
}

Test(service, with_a_builder_it_never_gives_up)
{
	struct policy patient = policy;
	struct service s;
	uint32_t serial;
	msec now = 0;

	patient.patient = true;
	service_begin(&s, &patient);
	happen(&s, EVENT_LISTENING, 0, 0, 0, 0);
	happen(&s, EVENT_BOOTED, 0, 1, 0, 0);
	for (serial = 1; serial < 50; serial++) {
		happen(&s, EVENT_EXITED, serial, 0, 256, now);
		cr_assert(!s.stopping);
		cr_assert_leq(service_deadline(&s) - now, 30000);
		now = service_deadline(&s);
		happen(&s, EVENT_TICK, 0, 0, 0, now);
	}
	happen(&s, EVENT_WANTED, 0, 2, 0, now + 1);
	happen(&s, EVENT_EXITED, 50, 0, 256, now + 1);
	cr_assert_eq(effect(EFFECT_LAUNCH)->release, 2);
}

Test(service, rolls_back_by_hand)
{
	struct service s = serving(&policy);

	cr_assert(!service_can_rollback(&s, 0));
	hand_over(&s, 2, 1000);
	cr_assert(service_can_rollback(&s, 0));
	happen(&s, EVENT_ROLLBACK, 0, 0, 0, 2000);
	cr_assert_eq(effect(EFFECT_LAUNCH)->release, 1);
}

Test(service, rolls_back_at_once_to_a_warm_generation)
{
	struct policy warm = policy;
	struct service s;

	warm.patience.warm = 30000;
	s = serving(&warm);
	hand_over(&s, 2, 1000);
	cr_assert_eq(service_look(&s, 1)->state, GENERATION_READY);
	happen(&s, EVENT_ROLLBACK, 0, 0, 0, 2000);
	cr_assert_eq(s.live, 1);
	cr_assert_null(effect(EFFECT_LAUNCH));
	cr_assert_not_null(effect(EFFECT_STEER));
	cr_assert_eq(service_look(&s, 2)->state, GENERATION_READY);
}

Test(service, a_warm_generation_takes_over_from_a_dead_one)
{
	struct policy warm = policy;
	struct service s;

	warm.patience.warm = 30000;
	s = serving(&warm);
	hand_over(&s, 2, 1000);
	happen(&s, EVENT_EXITED, 2, 0, SIGKILL, 2000);
	happen(&s, EVENT_TICK, 0, 0, 0, service_deadline(&s) < 3000 ? service_deadline(&s) : 2000);
	cr_assert_eq(s.live, 1);
}

Test(service, warm_ones_cool_when_their_time_is_over)
{
	struct policy warm = policy;
	struct service s;

	warm.patience.warm = 5000;
	s = serving(&warm);
	hand_over(&s, 2, 1000);
	cr_assert_eq(service_deadline(&s), 6010);
	happen(&s, EVENT_TICK, 0, 0, 0, 6010);
	cr_assert_eq(service_look(&s, 1)->state, GENERATION_DRAINING);
}

Test(service, ends_within_its_grace)
{
	struct service s = serving(&policy);

	happen(&s, EVENT_SHUTDOWN, 0, 0, 0, 1000);
	cr_assert_str_eq(service_shown(&s), "closing");
	cr_assert_not_null(effect(EFFECT_BAR));
	cr_assert_eq(effect(EFFECT_DRAIN)->span, 5000);
	happen(&s, EVENT_TICK, 0, 0, 0, 6000);
	cr_assert_eq(effect(EFFECT_STOP)->serial, 1);
	cr_assert_leq(service_deadline(&s), 11000);
	happen(&s, EVENT_TICK, 0, 0, 0, service_deadline(&s));
	cr_assert_eq(effect(EFFECT_KILL)->serial, 1);
	happen(&s, EVENT_EXITED, 1, 0, 0, 10600);
	cr_assert_eq(effect(EFFECT_END)->code, 137, "it had to be killed");
}

Test(service, ends_well_when_all_ended_as_asked)
{
	struct service s = serving(&policy);

	happen(&s, EVENT_SHUTDOWN, 0, 0, 0, 1000);
	happen(&s, EVENT_WORKER_ENDED, 1, 0, SIGTERM, 1100);
	happen(&s, EVENT_EXITED, 1, 0, 0, 1100);
	cr_assert_eq(effect(EFFECT_END)->code, 0);
}

Test(service, a_second_request_to_end_skips_the_waiting)
{
	struct service s = serving(&policy);

	happen(&s, EVENT_SHUTDOWN, 0, 0, 0, 1000);
	happen(&s, EVENT_SHUTDOWN, 0, 0, 0, 1001);
	cr_assert_eq(effect(EFFECT_STOP)->serial, 1);
}

Test(service, serves_on_in_its_lame_duck_time)
{
	struct policy lame = policy;
	struct service s;

	lame.lameduck = 3000;
	s = serving(&lame);
	happen(&s, EVENT_SHUTDOWN, 0, 0, 0, 1000);
	cr_assert_null(effect(EFFECT_DRAIN));
	cr_assert_eq(s.live, 1);
	cr_assert_eq(service_deadline(&s), 4000);
	happen(&s, EVENT_TICK, 0, 0, 0, 4000);
	cr_assert_not_null(effect(EFFECT_DRAIN));
}

Test(service, a_warm_generation_takes_over_also_while_a_candidate_starts)
{
	struct policy warm = policy;
	struct service s;

	warm.patience.warm = 30000;
	s = serving(&warm);
	hand_over(&s, 2, 1000);
	happen(&s, EVENT_WANTED, 0, 3, 0, 2000);
	happen(&s, EVENT_EXITED, 2, 0, SIGKILL, 2100);
	cr_assert_eq(s.live, 1);
	cr_assert_eq(s.candidate, 3);
	cr_assert_eq(s.steered, service_look(&s, 1)->slot);
	happen(&s, EVENT_PROBED, 3, 0, 0, 2200);
	cr_assert_eq(s.live, 3);
}

Test(service, clients_wait_for_the_candidate_when_nobody_else_is_there)
{
	struct service s = serving(&policy);

	happen(&s, EVENT_WANTED, 0, 2, 0, 1000);
	happen(&s, EVENT_EXITED, 1, 0, SIGKILL, 1100);
	cr_assert_eq(effect(EFFECT_STEER)->slot, service_look(&s, 2)->slot);
	cr_assert_eq(effect(EFFECT_FLUSH)->slot, 0);
	cr_assert_null(effect(EFFECT_LAUNCH));
}

Test(service, what_drained_before_ends_within_the_grace_too)
{
	struct service s = serving(&policy);

	hand_over(&s, 2, 1000);
	happen(&s, EVENT_SHUTDOWN, 0, 0, 0, 2000);
	cr_assert_eq(service_look(&s, 1)->deadline, 7000, "half of the grace, not its drain timeout");
}

Test(service, a_second_request_in_lame_duck_time_leaves_the_grace_and_no_more)
{
	struct policy lame = policy;
	struct service s;

	lame.lameduck = 60000;
	s = serving(&lame);
	happen(&s, EVENT_SHUTDOWN, 0, 0, 0, 1000);
	happen(&s, EVENT_SHUTDOWN, 0, 0, 0, 2000);
	cr_assert_eq(effect(EFFECT_DRAIN)->span, 5000);
	cr_assert_eq(s.grace_ends, 12000);
}

Test(service, bars_the_door_also_when_nobody_served)
{
	struct service s;

	service_begin(&s, &policy);
	happen(&s, EVENT_LISTENING, 0, 0, 0, 0);
	happen(&s, EVENT_BOOTED, 0, 1, 0, 0);
	happen(&s, EVENT_SHUTDOWN, 0, 0, 0, 10);
	cr_assert_not_null(effect(EFFECT_BAR));
	happen(&s, EVENT_EXITED, 1, 0, 0, 20);
	cr_assert_null(effect(EFFECT_BAR), "once");
	cr_assert_not_null(effect(EFFECT_END));
}

Test(service, a_warm_one_that_fails_takes_no_place_among_those_that_drain)
{
	struct policy warm = policy;
	struct service s;

	warm.patience.warm = 30000;
	s = serving(&warm);
	hand_over(&s, 2, 1000);
	happen(&s, EVENT_FAILED, 1, 0, 256, 2000);
	cr_assert_eq(service_look(&s, 1)->state, GENERATION_STOPPING);
	cr_assert_eq(service_draining(&s), 0);
}

Test(service, one_that_failed_while_serving_and_hangs_is_killed)
{
	struct policy patient = policy;
	struct service s;
	int slot;

	patient.patient = true;
	s = serving(&patient);
	slot = s.steered;
	happen(&s, EVENT_FAILED, 1, 0, 256, 1000);
	cr_assert_str_eq(service_shown(&s), "waiting");
	cr_assert_eq(service_deadline(&s), 11000, "its slot is not free before it is gone");
	happen(&s, EVENT_TICK, 0, 0, 0, 11000);
	cr_assert_eq(effect(EFFECT_KILL)->code, 1);
	happen(&s, EVENT_TICK, 0, 0, 0, 21000);
	cr_assert_eq(effect(EFFECT_KILL)->code, 2, "its keeper, too");
	happen(&s, EVENT_EXITED, 1, 0, SIGKILL, 21010);
	cr_assert_eq(effect(EFFECT_LAUNCH)->slot, slot);
}

Test(service, hurry_is_not_kept_for_a_handoff_that_nobody_hurries)
{
	struct service s = serving(&policy);

	hand_over(&s, 2, 1000);
	hand_over(&s, 3, 2000);
	happen(&s, EVENT_HURRY, 0, 0, 0, 2500);
	happen(&s, EVENT_WANTED, 0, 4, 0, 3000);
	cr_assert_null(effect(EFFECT_STOP));
	cr_assert_eq(service_draining(&s), 2);
}

Test(service, without_any_patience_it_still_sleeps)
{
	struct policy none = policy;
	struct service s;

	none.patience.drain = none.patience.stop = none.grace = 0;
	s = serving(&none);
	hand_over(&s, 2, 1000);
	cr_assert_eq(service_deadline(&s), 1011);
	happen(&s, EVENT_TICK, 0, 0, 0, 1011);
	cr_assert_eq(service_deadline(&s), 1012);
	happen(&s, EVENT_TICK, 0, 0, 0, 1012);
	cr_assert_not_null(effect(EFFECT_KILL));
	cr_assert_eq(service_deadline(&s), 1112, "a process that is killed needs a moment to go");
}

Test(service, nothing_is_renewed_before_it_is_known_what_to_serve)
{
	struct service s;

	service_begin(&s, &policy);
	happen(&s, EVENT_LISTENING, 0, 0, 0, 0);
	happen(&s, EVENT_WANTED, 0, 0, 0, 10);
	cr_assert_eq(plan.count, 0);
	happen(&s, EVENT_BOOTED, 0, 7, 0, 20);
	cr_assert_eq(effect(EFFECT_LAUNCH)->release, 7);
}

Test(service, who_was_killed_before_does_not_spoil_the_end)
{
	struct service s = serving(&policy);

	hand_over(&s, 2, 1000);
	happen(&s, EVENT_TICK, 0, 0, 0, 31010);
	happen(&s, EVENT_TICK, 0, 0, 0, 41010);
	cr_assert_not_null(effect(EFFECT_KILL));
	happen(&s, EVENT_SHUTDOWN, 0, 0, 0, 41020);
	happen(&s, EVENT_EXITED, 1, 0, SIGKILL, 41030);
	happen(&s, EVENT_EXITED, 2, 0, 0, 41040);
	cr_assert_eq(effect(EFFECT_END)->code, 0);
}

Test(service, lame_duck_time_is_no_more_time_to_stop_in)
{
	struct policy lame = policy;
	struct service s;

	lame.lameduck = 600000;
	s = serving(&lame);
	happen(&s, EVENT_WANTED, 0, 2, 0, 1000);
	happen(&s, EVENT_SHUTDOWN, 0, 0, 0, 2000);
	happen(&s, EVENT_FAILED, 2, 0, 256, 3000);
	cr_assert_eq(service_look(&s, 2)->deadline, 13000);
}

Test(service, goes_back_to_the_good_release_when_all_are_gone)
{
	struct service s = serving(&policy);

	happen(&s, EVENT_WANTED, 0, 2, 0, 1000);
	happen(&s, EVENT_EXITED, 1, 0, SIGKILL, 1100);
	happen(&s, EVENT_EXITED, 2, 0, 256, 1200);
	happen(&s, EVENT_TICK, 0, 0, 0, service_deadline(&s));
	cr_assert_eq(effect(EFFECT_LAUNCH)->release, 1);
}

Test(service, keeps_nobody_warm_when_it_ends)
{
	struct policy both = policy;
	struct service s;

	both.lameduck = 60000;
	both.patience.warm = 60000;
	s = serving(&both);
	happen(&s, EVENT_WANTED, 0, 2, 0, 1000);
	happen(&s, EVENT_SHUTDOWN, 0, 0, 0, 2000);
	happen(&s, EVENT_PROBED, 2, 0, 0, 3000);
	cr_assert_eq(service_look(&s, 1)->state, GENERATION_DRAINING);
}

Test(service, a_failure_in_lame_duck_time_ends_the_serving)
{
	struct policy lame = policy;
	struct service s;

	lame.lameduck = 60000;
	s = serving(&lame);
	happen(&s, EVENT_SHUTDOWN, 0, 0, 0, 1000);
	happen(&s, EVENT_FAILED, 1, 0, 256, 2000);
	cr_assert_eq(s.live, 0);
	cr_assert_not_null(effect(EFFECT_BAR));
	happen(&s, EVENT_EXITED, 1, 0, 256, 2010);
	cr_assert_not_null(effect(EFFECT_END));
}

Test(service, gives_up_the_oldest_warm_one_to_make_room)
{
	struct policy warm = policy;
	struct service s;

	warm.patience.warm = 3600000;
	s = serving(&warm);
	hand_over(&s, 2, 1000);
	hand_over(&s, 3, 2000);
	hand_over(&s, 4, 3000);
	happen(&s, EVENT_WANTED, 0, 5, 0, 4000);
	cr_assert_null(effect(EFFECT_LAUNCH), "no slot is free yet");
	cr_assert_eq(effect(EFFECT_DRAIN)->serial, 1);
	happen(&s, EVENT_EXITED, 1, 0, 0, 5000);
	cr_assert_eq(effect(EFFECT_LAUNCH)->release, 5);
}

Test(service, says_for_whom_the_next_handoff_waits)
{
	struct service s = serving(&policy);

	cr_assert_null(settle_waits_for(&s));
	hand_over(&s, 2, 1000);
	hand_over(&s, 3, 2000);
	cr_assert_null(settle_waits_for(&s), "nothing is wanted");
	happen(&s, EVENT_WANTED, 0, 4, 0, 3000);
	cr_assert_eq(settle_waits_for(&s)->serial, 1);
	cr_assert_eq(settle_waits_for(&s)->deadline, 1010 + 30000);
	happen(&s, EVENT_EXTEND, 1, 0, 40000, 3000);
	cr_assert_eq(settle_waits_for(&s)->serial, 2, "whose drain ends first");
	happen(&s, EVENT_EXITED, 2, 0, 0, 4000);
	cr_assert_eq(effect(EFFECT_LAUNCH)->serial, 4);
	cr_assert_null(settle_waits_for(&s));
}

/* Goal: a change is built exactly once, soon, and never beside another build. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "watcher/release.h"

enum { DELAY = 1000 };

static const struct release_rules queue = { .delay = DELAY, .busy_restart = false };
static const struct release_rules restart = { .delay = DELAY, .busy_restart = true };

static struct release
fresh(void)
{
	struct release r;

	release_init(&r);
	return r;
}

Test(release, a_save_is_built_when_it_has_been_quiet)
{
	struct release r = fresh();

	cr_assert_eq(release_state(&r), RELEASE_IDLE);
	cr_assert_eq(release_deadline(&r, &queue), CLOCK_NEVER);
	cr_assert_eq(release_step(&r, &queue, RELEASE_CHANGED, 0), RELEASE_STAY);
	cr_assert_eq(release_state(&r), RELEASE_WAITING);
	cr_assert_eq(release_step(&r, &queue, RELEASE_CHANGED, 600), RELEASE_STAY);
	cr_assert_eq(release_deadline(&r, &queue), 1600);
	cr_assert_eq(release_step(&r, &queue, RELEASE_TIME, 1599), RELEASE_STAY);
	cr_assert_eq(release_step(&r, &queue, RELEASE_TIME, 1600), RELEASE_BUILD);
	cr_assert_eq(release_state(&r), RELEASE_BUILDING);
	cr_assert_eq(release_step(&r, &queue, RELEASE_ENDED, 5000), RELEASE_STAY);
	cr_assert_eq(release_state(&r), RELEASE_IDLE);
}

Test(release, one_who_saves_all_the_time_waits_ten_delays)
{
	struct release r = fresh();
	msec now;

	for (now = 0; now < 10 * DELAY; now += 500)
		cr_assert_eq(release_step(&r, &queue, RELEASE_CHANGED, now), RELEASE_STAY);
	cr_assert_eq(release_step(&r, &queue, RELEASE_CHANGED, now), RELEASE_BUILD);
}

Test(release, changes_during_a_build_start_exactly_one_more)
{
	struct release r = fresh();
	int i;

	release_step(&r, &queue, RELEASE_ASKED, 0);
	for (i = 1; i < 100; i++)
		cr_assert_eq(release_step(&r, &queue, RELEASE_CHANGED, i * 100), RELEASE_STAY);
	cr_assert_eq(release_deadline(&r, &queue), CLOCK_NEVER, "no wakeups for what must wait");
	cr_assert_eq(release_step(&r, &queue, RELEASE_ENDED, 20000), RELEASE_BUILD);
	cr_assert_eq(release_step(&r, &queue, RELEASE_ENDED, 30000), RELEASE_STAY);
	cr_assert_eq(release_state(&r), RELEASE_IDLE);
}

Test(release, a_request_waits_for_nothing_but_the_running_build)
{
	struct release r = fresh();

	release_step(&r, &queue, RELEASE_CHANGED, 0);
	cr_assert_eq(release_step(&r, &queue, RELEASE_ASKED, 1), RELEASE_BUILD);
	cr_assert_eq(release_step(&r, &queue, RELEASE_ASKED, 2), RELEASE_STAY);
	cr_assert_eq(release_step(&r, &queue, RELEASE_ASKED, 3), RELEASE_STAY);
	cr_assert_eq(release_step(&r, &queue, RELEASE_ENDED, 4), RELEASE_BUILD);
	cr_assert_eq(release_step(&r, &queue, RELEASE_ENDED, 5), RELEASE_STAY);
}

Test(release, restart_ends_the_running_build_once)
{
	struct release r = fresh();

	release_step(&r, &restart, RELEASE_ASKED, 0);
	cr_assert_eq(release_step(&r, &restart, RELEASE_CHANGED, 100), RELEASE_STAY);
	cr_assert_eq(release_deadline(&r, &restart), 1100);
	cr_assert_eq(release_step(&r, &restart, RELEASE_TIME, 1100), RELEASE_END);
	cr_assert_eq(release_state(&r), RELEASE_ENDING);
	cr_assert_eq(release_step(&r, &restart, RELEASE_TIME, 1200), RELEASE_STAY);
	cr_assert_eq(release_deadline(&r, &restart), CLOCK_NEVER);
	cr_assert_eq(release_step(&r, &restart, RELEASE_ENDED, 1300), RELEASE_BUILD);
}

Test(release, after_three_cuts_a_build_may_finish)
{
	struct release r = fresh();
	msec now = 0;
	int i;

	release_step(&r, &restart, RELEASE_ASKED, now);
	for (i = 0; i < 3; i++) {
		release_step(&r, &restart, RELEASE_CHANGED, now);
		cr_assert_eq(release_step(&r, &restart, RELEASE_TIME, now += DELAY), RELEASE_END);
		cr_assert_eq(release_step(&r, &restart, RELEASE_ENDED, now), RELEASE_BUILD);
	}
	release_step(&r, &restart, RELEASE_CHANGED, now);
	cr_assert_eq(release_deadline(&r, &restart), CLOCK_NEVER);
	cr_assert_eq(release_step(&r, &restart, RELEASE_ENDED, now += DELAY), RELEASE_BUILD);
	release_step(&r, &restart, RELEASE_CHANGED, now);
	cr_assert_eq(release_deadline(&r, &restart), now + DELAY, "and then it is as before");
}

Test(release, a_build_that_changes_its_sources_is_slowed_down)
{
	struct release r = fresh();
	msec now = 0, wait, before = 0;
	int i;

	release_step(&r, &queue, RELEASE_ASKED, now);
	for (i = 0; i < 12; i++) {
		release_step(&r, &queue, RELEASE_CHANGED, now += 100);
		cr_assert_eq(release_step(&r, &queue, RELEASE_ENDED, now), RELEASE_STAY);
		wait = release_deadline(&r, &queue) - now;
		cr_assert_geq(wait, before);
		cr_assert_leq(wait, 60 * 1000);
		before = wait;
		cr_assert_eq(release_step(&r, &queue, RELEASE_TIME, now += wait), RELEASE_BUILD);
	}
	cr_assert_eq(before, 60 * 1000);
	cr_assert_eq(release_step(&r, &queue, RELEASE_ENDED, now), RELEASE_STAY);
	cr_assert_eq(r.loops, 0, "one build that changes nothing ends the row");
	release_step(&r, &queue, RELEASE_CHANGED, now);
	cr_assert_eq(release_deadline(&r, &queue), now + DELAY);
}

Test(release, a_build_that_is_lost_is_done_again_three_times)
{
	struct release r = fresh();
	msec now = 0;
	int i;

	release_step(&r, &queue, RELEASE_ASKED, now);
	for (i = 0; i < RELEASE_LOSSES; i++) {
		cr_assert_eq(release_step(&r, &queue, RELEASE_LOST, now), RELEASE_STAY);
		now = release_deadline(&r, &queue);
		cr_assert_eq(release_step(&r, &queue, RELEASE_TIME, now), RELEASE_BUILD);
	}
	cr_assert_eq(release_step(&r, &queue, RELEASE_LOST, now), RELEASE_STAY);
	cr_assert_eq(release_state(&r), RELEASE_IDLE, "perhaps it is its own fault");
	release_step(&r, &queue, RELEASE_ASKED, now);
	release_step(&r, &queue, RELEASE_ENDED, now);
	cr_assert_eq(r.lost, 0);
}

/* What each event does in each state: rows by state, columns by event. */
static const struct {
	enum release_action action;
	enum release_state to;
} table[][7] = {
	[RELEASE_IDLE] = {
		[RELEASE_SAME] = { RELEASE_STAY, RELEASE_IDLE },
		[RELEASE_HELD] = { RELEASE_STAY, RELEASE_IDLE },
		[RELEASE_CHANGED] = { RELEASE_STAY, RELEASE_WAITING },
		[RELEASE_ASKED] = { RELEASE_BUILD, RELEASE_BUILDING },
		[RELEASE_ENDED] = { RELEASE_STAY, RELEASE_IDLE },
		[RELEASE_LOST] = { RELEASE_STAY, RELEASE_WAITING },
		[RELEASE_TIME] = { RELEASE_STAY, RELEASE_IDLE },
	},
	[RELEASE_WAITING] = {
		[RELEASE_SAME] = { RELEASE_STAY, RELEASE_IDLE },
		[RELEASE_HELD] = { RELEASE_STAY, RELEASE_WAITING },
		[RELEASE_CHANGED] = { RELEASE_STAY, RELEASE_WAITING },
		[RELEASE_ASKED] = { RELEASE_BUILD, RELEASE_BUILDING },
		[RELEASE_ENDED] = { RELEASE_STAY, RELEASE_WAITING },
		[RELEASE_LOST] = { RELEASE_STAY, RELEASE_WAITING },
		[RELEASE_TIME] = { RELEASE_STAY, RELEASE_WAITING },
	},
	[RELEASE_BUILDING] = {
		[RELEASE_SAME] = { RELEASE_STAY, RELEASE_BUILDING },
		[RELEASE_HELD] = { RELEASE_STAY, RELEASE_BUILDING },
		[RELEASE_CHANGED] = { RELEASE_STAY, RELEASE_BUILDING },
		[RELEASE_ASKED] = { RELEASE_STAY, RELEASE_BUILDING },
		[RELEASE_ENDED] = { RELEASE_STAY, RELEASE_IDLE },
		[RELEASE_LOST] = { RELEASE_STAY, RELEASE_WAITING },
		[RELEASE_TIME] = { RELEASE_STAY, RELEASE_BUILDING },
	},
	[RELEASE_ENDING] = {
		[RELEASE_SAME] = { RELEASE_STAY, RELEASE_ENDING },
		[RELEASE_HELD] = { RELEASE_STAY, RELEASE_ENDING },
		[RELEASE_CHANGED] = { RELEASE_STAY, RELEASE_ENDING },
		[RELEASE_ASKED] = { RELEASE_STAY, RELEASE_ENDING },
		[RELEASE_ENDED] = { RELEASE_BUILD, RELEASE_BUILDING },
		[RELEASE_LOST] = { RELEASE_STAY, RELEASE_WAITING },
		[RELEASE_TIME] = { RELEASE_STAY, RELEASE_ENDING },
	},
};

static struct release
in_state(enum release_state state)
{
	struct release r = fresh();

	if (state == RELEASE_WAITING)
		release_step(&r, &restart, RELEASE_CHANGED, 5000);
	if (state == RELEASE_BUILDING || state == RELEASE_ENDING)
		release_step(&r, &restart, RELEASE_ASKED, 0);
	if (state == RELEASE_ENDING) {
		release_step(&r, &restart, RELEASE_CHANGED, 0);
		release_step(&r, &restart, RELEASE_TIME, DELAY);
	}
	return r;
}

Test(release, the_whole_table)
{
	int state, event;

	for (state = RELEASE_IDLE; state <= RELEASE_ENDING; state++)
		for (event = RELEASE_CHANGED; event <= RELEASE_TIME; event++) {
			struct release r = in_state((enum release_state)state);
			enum release_action action;

			cr_assert_eq(release_state(&r), state);
			action = release_step(&r, &restart, (enum release_event)event, 5000);
			cr_expect_eq(action, table[state][event].action, "%d %d", state, event);
			cr_expect_eq(release_state(&r), table[state][event].to, "%d %d", state,
			    event);
		}
}

/* A world in which saves, requests and ends come as they like. */
Test(release, no_order_of_events_loses_a_change_or_builds_twice)
{
	unsigned seed = 1;
	int run, turn;

	for (run = 0; run < 2000; run++) {
		const struct release_rules *rules = run % 2 ? &queue : &restart;
		struct release r = fresh();
		bool running = false, unseen = false;
		msec now = 0;

		for (turn = 0; turn < 60; turn++) {
			int what = rand_r(&seed) % 7;
			enum release_event event = (enum release_event)what;

			if ((event == RELEASE_ENDED || event == RELEASE_LOST) && !running)
				event = RELEASE_TIME;
			now += rand_r(&seed) % 1500;
			unseen |= event == RELEASE_CHANGED;
			if (event == RELEASE_ENDED || event == RELEASE_LOST)
				running = false;
			if (event == RELEASE_SAME && !running)
				unseen = false;
			switch (release_step(&r, rules, event, now)) {
			case RELEASE_BUILD:
				cr_assert(!running, "two builds at once");
				running = true;
				unseen = false;
				break;
			case RELEASE_END:
				cr_assert(running && rules->busy_restart);
				break;
			case RELEASE_STAY:
				break;
			}
			cr_assert(!unseen || running || release_deadline(&r, rules) != CLOCK_NEVER,
			    "a change is forgotten");
		}
	}
}

Test(release, what_turns_out_the_same_is_forgotten)
{
	struct release r = fresh();

	release_step(&r, &queue, RELEASE_CHANGED, 0);
	cr_assert_eq(release_step(&r, &queue, RELEASE_SAME, DELAY), RELEASE_STAY);
	cr_assert_eq(release_state(&r), RELEASE_IDLE);
	cr_assert_eq(release_deadline(&r, &queue), CLOCK_NEVER);
	release_step(&r, &queue, RELEASE_CHANGED, 5000);
	cr_assert_eq(release_deadline(&r, &queue), 5000 + DELAY, "the next one counts from itself");
}

Test(release, a_hold_is_short_and_ends_with_the_ten_delays)
{
	struct release r = fresh();
	msec now = DELAY;
	int holds = 0;

	cr_assert_not(release_may_hold(&r, &queue, 0), "nothing changed");
	release_step(&r, &queue, RELEASE_CHANGED, 0);
	while (release_may_hold(&r, &queue, now)) {
		cr_assert_eq(release_step(&r, &queue, RELEASE_HELD, now), RELEASE_STAY);
		cr_assert_gt(release_deadline(&r, &queue), now);
		cr_assert_leq(release_deadline(&r, &queue), now + DELAY / 10);
		now = release_deadline(&r, &queue);
		holds++;
	}
	cr_assert_eq(now, 10 * DELAY);
	cr_assert_eq(holds, 90);
	cr_assert_eq(release_step(&r, &queue, RELEASE_TIME, now), RELEASE_BUILD);
	release_step(&r, &queue, RELEASE_ENDED, now);
	release_step(&r, &queue, RELEASE_CHANGED, now);
	cr_assert_eq(release_deadline(&r, &queue), now + DELAY, "and is over");
}

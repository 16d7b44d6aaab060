/*
 * The loss account follows the service: what a handoff took, what it cost, why it failed; kept warm,
 * taken back, died before; and more of them than the ring has room for.
 */
#include <criterion/criterion.h>

#include <signal.h>
#include <string.h>

#include "init/state.h"
#include "tests/unit/story.h"

static struct served sv;

static void
set_up(void)
{
	memset(&sv, 0, sizeof(sv));
	sv.service = serving(&policy);
}

TestSuite(account, .init = set_up);

/* A step as PID 1 makes it. */
static void
make(enum event_type type, uint32_t serial, msec now)
{
	struct service before = sv.service;

	happen(&sv.service, type, serial, 0, type == EVENT_EXITED ? SIGKILL : 0, now);
	account_step(&sv, &before, now, 1000000 + now);
}

/* The record of a keeper that has counted. */
static struct keeper_record *
keeper(uint32_t serial)
{
	struct keeper_record *k = &sv.keepers[serial % GENERATIONS];
	int i;

	k->serial = serial;
	for (i = 0; i < FIGURES; i++)
		k->figures[i] = -1;
	return k;
}

static const struct handoff *
newest(void)
{
	return account_below(&sv.account, UINT32_MAX);
}

/* Generation `new` takes over, from 1000 on. */
static void
take_over(uint32_t new)
{
	struct keeper_record *k = keeper(new);

	k->figures[FIGURE_ACCEPTED_FIRST] = 50;
	k->figures[FIGURE_ACCEPTED_PROMOTED] = 70;
	k->figures[FIGURE_OVERFLOWS_FIRST] = 4;
	make(EVENT_WANTED, 0, 1000);
	account_announced(&sv, new, 1380);
	make(EVENT_ANNOUNCED, new, 1380);
	sv.account.steer_us = 18;
	make(EVENT_PROBED, new, 1412);
}

static void
end(uint32_t old, msec now)
{
	struct keeper_record *k = &sv.keepers[old % GENERATIONS];

	cr_assert(account_gone(&sv, k));
	k->serial = 0;
	make(EVENT_EXITED, old, now);
}

static void
count_for(uint32_t old)
{
	struct keeper_record *k = keeper(old);

	k->figures[FIGURE_ACCEPTED_LAST] = 170;
	k->figures[FIGURE_OVERFLOWS_LAST] = 6;
	k->figures[FIGURE_DRAIN_MS] = 1200;
	k->figures[FIGURE_DRAINED] = 14;
	k->figures[FIGURE_QUIET] = 3;
	k->figures[FIGURE_CUT] = 0;
}

Test(account, tells_what_a_handoff_took_and_cost)
{
	char first[ACCOUNT_TEXT], second[ACCOUNT_TEXT];
	const struct handoff *h;

	take_over(2);
	cr_assert_eq(newest()->state, HANDOFF_DRAINS);
	cr_assert_null(account_next(&sv), "it is not complete before the old one is gone");
	count_for(1);
	end(1, 3000);
	cr_assert_not_null(h = account_next(&sv));
	cr_assert_null(account_next(&sv), "told once");
	cr_expect_eq(h->at, 1001000);
	cr_expect_eq(h->accepted_old, 20);
	cr_expect_eq(h->accepted_new, 100);
	account_print(h, first, second);
	cr_expect_str_eq(first, "handoff 1: generation 1 -> 2 in 412 ms (start 380, ready 32, "
	    "switch 18 us)");
	cr_expect_str_eq(second, "drain 1200ms: 14 drained, 3 closed quiet, 0 cut, 0 left behind");
	cr_expect_not(account_lossy(h));
	cr_expect_eq(sv.account.drained, 14);
	cr_expect_eq(sv.account.quiet, 3);
	cr_expect_eq(sv.account.overflows, 2);
	cr_expect_eq(sv.account.drops, 0, "what is not known adds nothing");
}

Test(account, counts_who_is_left_behind_in_the_slot)
{
	take_over(2);
	count_for(1);
	account_gone(&sv, &sv.keepers[1]);
	account_left(&sv, sv.service.generations[0].slot, 2);
	account_left(&sv, 3, 5);
	sv.keepers[1].serial = 0;
	make(EVENT_EXITED, 1, 3000);
	cr_expect_eq(newest()->left_behind, 2);
	cr_expect_eq(sv.account.left_behind, 2);
	cr_expect(account_lossy(newest()));
}

Test(account, knows_nothing_of_a_keeper_that_was_killed)
{
	char first[ACCOUNT_TEXT], second[ACCOUNT_TEXT];

	take_over(2);
	keeper(1);
	end(1, 3000);
	account_print(newest(), first, second);
	cr_expect_str_eq(second, "its connections were not counted; 0 left behind");
	cr_expect_eq(newest()->accepted_new, -1);
	cr_expect_eq(sv.account.accepted_new, 0);
}

Test(account, says_why_one_failed)
{
	make(EVENT_WANTED, 0, 1000);
	make(EVENT_FAILED, 2, 1500);
	account_failed(&sv, 2, "worker 0 ended", 1500);
	cr_expect_eq(newest()->state, HANDOFF_FAILED);
	cr_expect_str_eq(newest()->why, "worker 0 ended");
	cr_expect_eq(newest()->total_ms, 500);
	cr_expect_null(account_next(&sv), "it was said when it failed");
	cr_expect_not(account_gone(&sv, keeper(2)));
}

Test(account, is_no_handoff_when_who_served_died_before)
{
	make(EVENT_WANTED, 0, 1000);
	cr_expect_not(account_gone(&sv, keeper(1)));
	sv.keepers[1].serial = 0;
	make(EVENT_EXITED, 1, 1500);
	cr_expect_eq(newest()->state, HANDOFF_FAILED);
	make(EVENT_PROBED, 2, 1600);
	cr_expect_eq(sv.service.live, 2);
	cr_expect_eq(sv.account.numbers, 1);
	cr_expect_eq(newest()->state, HANDOFF_FAILED);
}

Test(account, begins_only_where_somebody_serves)
{
	memset(&sv, 0, sizeof(sv));
	service_begin(&sv.service, &policy);
	make(EVENT_BOOTED, 0, 0);
	make(EVENT_FAILED, 1, 10);
	account_failed(&sv, 1, "no", 10);
	cr_expect_null(newest());
}

Test(account, one_that_was_kept_warm_takes_over_again)
{
	struct policy warm = policy;

	warm.patience.warm = 60000;
	sv.service = serving(&warm);
	take_over(2);
	make(EVENT_ROLLBACK, 0, 2000);
	cr_assert_eq(sv.service.live, 1);
	cr_assert_eq(sv.account.numbers, 2);
	cr_expect(newest()->warm);
	cr_expect_eq(newest()->old, 2);
	cr_expect_eq(newest()->new, 1);
	cr_expect_eq(account_below(&sv.account, 2)->state, HANDOFF_DONE);
	count_for(2);
	end(2, 3000);
	cr_expect_eq(newest()->state, HANDOFF_DONE);
}

Test(account, keeps_the_last_eight)
{
	uint32_t new;
	int count = 0;
	const struct handoff *h;

	for (new = 2; new < 14; new++) {
		take_over(new);
		count_for(new - 1);
		end(new - 1, 3000);
	}
	for (h = newest(); h != NULL; h = account_below(&sv.account, h->number))
		cr_expect_eq(h->number, 12 - (uint32_t)count++);
	cr_expect_eq(count, HANDOFFS);
	cr_expect_eq(sv.account.drained, 12 * 14);
}

Test(account, a_roll_has_a_time_of_its_own)
{
	char first[ACCOUNT_TEXT], second[ACCOUNT_TEXT];
	struct policy rolls = policy;

	rolls.places = 2;
	sv.service = serving(&rolls);
	take_over(2);
	cr_assert_eq(newest()->state, HANDOFF_RUNS);
	happen(&sv.service, EVENT_RETIRED, 1, 0, sv.service.roll.order, 2000);
	keeper(2);
	{
		struct service before = sv.service;

		happen(&sv.service, EVENT_PROBED, 2, 0, sv.service.roll.order, 3000);
		account_step(&sv, &before, 3000, 0);
	}
	cr_assert_eq(newest()->state, HANDOFF_DRAINS);
	account_print(newest(), first, second);
	cr_expect_str_eq(first, "handoff 1: generation 1 -> 2 in 2000 ms (start 380, ready 32, "
	    "rolling 1588, switch 18 us)");
	cr_expect_eq(newest()->canary_ms, 0);
}

Test(account, a_canary_that_was_replaced_says_so)
{
	struct policy canaries = policy;

	canaries.canary.count = 1;
	canaries.canary.steps[0] = (struct canary_step){ .share = 100, .span = 5000 };
	sv.service = serving(&canaries);
	take_over(2);
	cr_assert_eq(sv.service.step, 1);
	make(EVENT_WANTED, 0, 1500);
	cr_assert_eq(sv.service.candidate, 3);
	cr_expect_eq(newest()->new, 3);
	cr_expect_eq(newest()->state, HANDOFF_RUNS);
	cr_expect_eq(account_below(&sv.account, 2)->state, HANDOFF_FAILED);
	cr_expect_str_eq(account_below(&sv.account, 2)->why,
	    "replaced in its canary: something newer was wanted");
	cr_expect_eq(account_below(&sv.account, 2)->total_ms, 500);
	cr_expect_not(account_gone(&sv, keeper(2)));
}

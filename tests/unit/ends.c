/* When a service ends, and with which status: a plain command, a job that is done, a keeper's word. */
#include <criterion/criterion.h>

#include <signal.h>

#include "tests/unit/story.h"

#define EXITED(code) ((code) << 8)

static struct policy
plain(void)
{
	struct policy p = policy;

	p.plain_ends = p.silent = true;
	return p;
}

/* Done with 0 and 7. */
static struct policy
job(void)
{
	struct policy p = policy;

	p.done_ends = true;
	p.exit_ok[0] = 1 << 7;
	return p;
}

/* A plain command that is up and has been asked to end at 70000. */
static struct service
asked_to_end(void)
{
	struct policy p = plain();
	struct service s = starting(&p);

	happen(&s, EVENT_TICK, 0, 0, 0, 60000);
	cr_assert_eq(s.live, 1, "it has come up when its time is over");
	happen(&s, EVENT_SHUTDOWN, 0, 0, 0, 70000);
	return s;
}

/* A worker, and with it its generation, ends for good. */
static void
fail(struct service *s, uint32_t serial, int wait_status, msec now)
{
	happen(s, EVENT_FAILED, serial, 0, wait_status, now);
	happen(s, EVENT_EXITED, serial, 0, EXITED(1), now);
}

/* -1: it has not ended. */
static int
status(void)
{
	const struct effect *end = effect(EFFECT_END);

	return end != NULL ? end->code : -1;
}

Test(ends, a_plain_command_ends_with_its_own_status)
{
	static const struct { int wait_status, status; } rows[] = {
		{ EXITED(0), 0 }, { EXITED(3), 3 }, { SIGTERM, 143 }, { SIGSEGV | 0x80, 139 },
	};
	struct policy p = plain();
	struct service s;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		s = starting(&p);
		happen(&s, EVENT_FAILED, 1, 0, rows[i].wait_status, 10);
		happen(&s, EVENT_EXITED, 1, 0, EXITED(0), 10);
		cr_expect_eq(status(), rows[i].status, "%d", rows[i].status);
	}
}

Test(ends, of_several_workers_the_first_that_failed_counts)
{
	struct policy p = plain();
	struct service s = starting(&p);

	happen(&s, EVENT_FAILED, 1, 0, EXITED(3), 10);
	happen(&s, EVENT_WORKER_ENDED, 1, 0, SIGTERM, 20);
	happen(&s, EVENT_EXITED, 1, 0, EXITED(0), 20);
	cr_assert_eq(status(), 3);
}

Test(ends, a_plain_command_that_is_asked_to_end_ends_with_its_own_status_too)
{
	struct service s = asked_to_end();

	happen(&s, EVENT_WORKER_ENDED, 1, 0, SIGTERM, 70001);
	happen(&s, EVENT_EXITED, 1, 0, EXITED(0), 70001);
	cr_assert_eq(status(), 143);
}

Test(ends, also_when_what_it_left_behind_was_killed)
{
	struct service s = asked_to_end();

	happen(&s, EVENT_WORKER_ENDED, 1, 0, EXITED(0), 70001);
	happen(&s, EVENT_TICK, 0, 0, 0, service_deadline(&s));
	happen(&s, EVENT_TICK, 0, 0, 0, service_deadline(&s));
	cr_assert_eq(effect(EFFECT_KILL)->serial, 1);
	happen(&s, EVENT_EXITED, 1, 0, EXITED(0), 80000);
	cr_assert_eq(status(), 0);
}

Test(ends, a_service_that_had_to_be_killed_did_not_end_well)
{
	struct service s = serving(&policy);

	happen(&s, EVENT_SHUTDOWN, 0, 0, 0, 1000);
	happen(&s, EVENT_TICK, 0, 0, 0, service_deadline(&s));
	happen(&s, EVENT_TICK, 0, 0, 0, service_deadline(&s));
	happen(&s, EVENT_EXITED, 1, 0, SIGKILL, 10500);
	cr_assert_eq(status(), 137);
}

Test(ends, a_keeper_that_is_killed_takes_the_status_with_it)
{
	struct service s = asked_to_end();

	happen(&s, EVENT_EXITED, 1, 0, SIGKILL, 70001);
	cr_assert_eq(status(), 137);
}

Test(ends, a_keeper_that_never_started_its_worker_says_why)
{
	struct policy p = plain();
	struct service s = starting(&p);

	happen(&s, EVENT_EXITED, 1, 0, EXITED(127), 10);
	cr_assert_eq(status(), 127);
}

Test(ends, what_its_worker_ended_with_counts_more)
{
	struct policy p = plain();
	struct service s = starting(&p);

	happen(&s, EVENT_WORKER_ENDED, 1, 0, EXITED(3), 10);
	happen(&s, EVENT_EXITED, 1, 0, EXITED(1), 10);
	cr_assert_eq(status(), 3);
}

Test(ends, a_keeper_that_ends_while_it_serves_has_ended_as_its_policy_says)
{
	struct service s = serving(&policy);

	happen(&s, EVENT_EXITED, 1, 0, EXITED(0), 1000);
	cr_assert_eq(status(), 0, "BATON_RESTART=no");
}

Test(ends, with_a_builder_it_waits_for_a_better_build_instead)
{
	struct policy p = policy;
	struct service s;

	p.patient = true;
	s = serving(&p);
	happen(&s, EVENT_EXITED, 1, 0, EXITED(0), 1000);
	cr_assert(!s.stopping);
}

Test(ends, a_job_that_is_done_is_not_started_again)
{
	struct policy p = job();
	struct service s = starting(&p);

	fail(&s, 1, EXITED(3), 10);
	cr_assert_eq(status(), -1, "it failed: again");
	happen(&s, EVENT_TICK, 0, 0, 0, 5000);
	fail(&s, 2, EXITED(7), 6000);
	cr_assert_eq(status(), 7);
	s = starting(&p);
	fail(&s, 1, EXITED(0), 10);
	cr_assert_eq(status(), 0);
}

Test(ends, a_service_is_never_done)
{
	struct policy p = job();
	struct service s = starting(&p);

	happen(&s, EVENT_LISTENING, 0, 0, 0, 5);
	fail(&s, 1, EXITED(0), 10);
	cr_assert_eq(status(), -1);
	cr_assert(!s.stopping);
}

Test(ends, who_is_to_say_that_it_is_ready_and_does_not_has_failed)
{
	struct policy p = job();
	struct service s = starting(&p);

	happen(&s, EVENT_TICK, 0, 0, 0, 60000);
	cr_assert_eq(s.live, 0);
	cr_assert_eq(effect(EFFECT_STOP)->serial, 1);
}

Test(ends, who_has_an_address_and_is_silent_has_failed)
{
	struct policy p = plain();
	struct service s = starting(&p);

	happen(&s, EVENT_LISTENING, 0, 0, 0, 5);
	happen(&s, EVENT_TICK, 0, 0, 0, 60000);
	cr_assert_eq(s.live, 0);
	cr_assert_eq(effect(EFFECT_STOP)->serial, 1);
}

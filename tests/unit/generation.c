/* A generation's life is walked once, then every cell of its table is looked at. */
#include <criterion/criterion.h>

#include "handoff/generation.h"

static const struct patience patience = { .ready = 60, .warm = 0, .drain = 30, .stop = 10 };
static const struct patience warm = { .ready = 60, .warm = 7, .drain = 30, .stop = 10 };

static struct generation
in_state(enum generation_state state)
{
	struct generation g;

	generation_start(&g, 5, &patience, 100);
	g.state = state;
	g.deadline = CLOCK_NEVER;
	return g;
}

Test(generation, lives_from_start_to_end)
{
	struct generation g;

	generation_start(&g, 1, &patience, 100);
	cr_assert_eq(g.state, GENERATION_STARTING);
	cr_assert_eq(g.deadline, 160);
	cr_assert_eq(generation_step(&g, GENERATION_ANNOUNCED, &patience, 110), DO_PROBE);
	cr_assert_eq(g.deadline, 160, "announcing must not give it more time");
	cr_assert_eq(generation_step(&g, GENERATION_PASSED, &patience, 120), 0);
	cr_assert_eq(g.state, GENERATION_READY);
	cr_assert_eq(g.deadline, CLOCK_NEVER, "a candidate waits for its turn");
	cr_assert_eq(generation_step(&g, GENERATION_CHOSEN, &patience, 130), DO_STEER);
	cr_assert_eq(g.state, GENERATION_SERVING);
	cr_assert_eq(g.deadline, CLOCK_NEVER);
	cr_assert_eq(generation_step(&g, GENERATION_REPLACED, &patience, 140), DO_DRAIN);
	cr_assert_eq(g.deadline, 170);
	cr_assert_eq(generation_step(&g, GENERATION_EXPIRED, &patience, 170), DO_STOP);
	cr_assert_eq(g.deadline, 180);
	cr_assert_eq(generation_step(&g, GENERATION_EXPIRED, &patience, 180), DO_KILL);
	cr_assert_eq(g.kills, 1);
	cr_assert_eq(g.deadline, 280, "if killing does not help it is done again, after a while");
	cr_assert_eq(generation_step(&g, GENERATION_EXITED, &patience, 181), DO_RELEASE);
	cr_assert(!generation_exists(&g));
}

Test(generation, is_kept_warm_for_so_long)
{
	struct generation g = in_state(GENERATION_SERVING);

	cr_assert_eq(generation_step(&g, GENERATION_REPLACED, &warm, 200), 0);
	cr_assert_eq(g.state, GENERATION_READY);
	cr_assert_eq(g.deadline, 207);
	cr_assert_eq(generation_step(&g, GENERATION_CHOSEN, &warm, 203), DO_STEER);
	cr_assert_eq(g.state, GENERATION_SERVING);
}

/* The whole table once more, by hand: state, event, next state, action. */
static const struct row {
	enum generation_state from;
	enum generation_event event;
	enum generation_state to;
	unsigned action;
} rows[] = {
	{ GENERATION_STARTING, GENERATION_ANNOUNCED, GENERATION_STARTING, DO_PROBE },
	{ GENERATION_STARTING, GENERATION_PASSED, GENERATION_READY, 0 },
	{ GENERATION_STARTING, GENERATION_FAILED, GENERATION_STOPPING, DO_STOP },
	{ GENERATION_STARTING, GENERATION_STOP_WANTED, GENERATION_STOPPING, DO_STOP },
	{ GENERATION_STARTING, GENERATION_EXPIRED, GENERATION_STOPPING, DO_STOP },
	{ GENERATION_STARTING, GENERATION_EXITED, GENERATION_NONE, DO_RELEASE },
	{ GENERATION_READY, GENERATION_CHOSEN, GENERATION_SERVING, DO_STEER },
	{ GENERATION_READY, GENERATION_FAILED, GENERATION_STOPPING, DO_STOP },
	{ GENERATION_READY, GENERATION_STOP_WANTED, GENERATION_DRAINING, DO_DRAIN },
	{ GENERATION_READY, GENERATION_EXPIRED, GENERATION_DRAINING, DO_DRAIN },
	{ GENERATION_READY, GENERATION_EXITED, GENERATION_NONE, DO_RELEASE },
	{ GENERATION_SERVING, GENERATION_REPLACED, GENERATION_DRAINING, DO_DRAIN },
	{ GENERATION_SERVING, GENERATION_FAILED, GENERATION_STOPPING, DO_STOP },
	{ GENERATION_SERVING, GENERATION_STOP_WANTED, GENERATION_DRAINING, DO_DRAIN },
	{ GENERATION_SERVING, GENERATION_EXITED, GENERATION_NONE, DO_RELEASE },
	{ GENERATION_DRAINING, GENERATION_FAILED, GENERATION_STOPPING, DO_STOP },
	{ GENERATION_DRAINING, GENERATION_EXPIRED, GENERATION_STOPPING, DO_STOP },
	{ GENERATION_DRAINING, GENERATION_EXITED, GENERATION_NONE, DO_RELEASE },
	{ GENERATION_STOPPING, GENERATION_EXPIRED, GENERATION_STOPPING, DO_KILL },
	{ GENERATION_STOPPING, GENERATION_EXITED, GENERATION_NONE, DO_RELEASE },
};

static struct row
expected(enum generation_state from, enum generation_event event)
{
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].from == from && rows[i].event == event)
			return rows[i];
	return (struct row){ from, event, from, 0 };
}

Test(generation, does_what_its_table_says_in_every_cell)
{
	int from, event;

	for (from = 0; from < GENERATION_STATES; from++)
		for (event = 0; event < GENERATION_EVENTS; event++) {
			struct generation g = in_state((enum generation_state)from);
			struct row want = expected((enum generation_state)from,
			    (enum generation_event)event);
			unsigned action = generation_step(&g, (enum generation_event)event,
			    &patience, 300);

			cr_assert_eq(action, want.action, "%s, event %d: action %u",
			    generation_state_name((enum generation_state)from), event, action);
			cr_assert_eq(g.state, want.to, "%s, event %d: became %s",
			    generation_state_name((enum generation_state)from), event,
			    generation_state_name(g.state));
		}
}

Test(generation, has_longer_when_it_needs_to_and_never_less)
{
	static const struct patience p = { 1000, 0, 1000, 1000 };
	struct generation g = { 0 };

	generation_start(&g, 1, &p, 0);
	generation_extend(&g, 500, 100);
	cr_assert_eq(g.deadline, 1000, "it had longer already");
	generation_extend(&g, 5000, 100);
	cr_assert_eq(g.deadline, 5100);
	generation_step(&g, GENERATION_PASSED, &p, 200);
	generation_step(&g, GENERATION_CHOSEN, &p, 200);
	generation_extend(&g, 5000, 300);
	cr_assert_eq(g.deadline, CLOCK_NEVER, "who serves has no deadline");
	generation_step(&g, GENERATION_STOP_WANTED, &p, 300);
	generation_extend(&g, 5000, 300);
	cr_assert_eq(g.deadline, 5300);
	generation_step(&g, GENERATION_EXPIRED, &p, 5300);
	generation_extend(&g, 3000, 5400);
	cr_assert_eq(g.deadline, 8400);
	generation_step(&g, GENERATION_EXPIRED, &p, 8400);
	generation_extend(&g, 90000, 8401);
	cr_assert_leq(g.deadline, 9401, "who is killed does not get longer for it");
}

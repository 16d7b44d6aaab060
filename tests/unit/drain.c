/*
 * How a generation drains: its story with a few connections, and then at random. A model of clients
 * and a server keeps the truth, the drain sees only what the kernel would show of it.
 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "handoff/drain.h"

enum { CLIENTS = 24, TICK = 4, DELAYED_ACK = 40, CLOSING = 2 };

struct client {
	int think, think_most;		/* ms; most: it varies */
	int serve, serve_most;
	int round_trip;
	bool in_two;			/* answers have two segments, which are acknowledged at once */
	bool leaves;			/* after its next answer */

	bool open, busy, closing;
	msec next;			/* the next request, or its answer */
	msec gone;			/* closed by the server */
	msec received, sent, acked, ack_due;
	msec held;			/* until then an answer may carry the ACK of the request */
	uint32_t acks_sent;
	uint64_t bytes_received, bytes_sent;
	uint32_t segments;
	struct habit habit;
};

static struct client clients[CLIENTS];
static size_t client_count;
static struct drain drain;
static struct drain_worker worker;
static struct drain_plan plan;
static unsigned cut, raced, raced_regular, closed, looks;
static uint32_t seed;

static int
chance(int from, int most)
{
	seed = seed * 1664525 + 1013904223;
	return most > from ? from + (int)((seed >> 8) % (unsigned)(most - from + 1)) : from;
}

static struct client *
add_client(int think, int serve)
{
	struct client *c = &clients[client_count++];

	*c = (struct client){ .think = think, .serve = serve, .open = true };
	c->next = chance(0, think < 1000 ? think : 1000);
	return c;
}

static void
reset(uint32_t from)
{
	memset(clients, 0, sizeof(clients));
	memset(&worker, 0, sizeof(worker));
	client_count = 0;
	cut = raced = raced_regular = closed = looks = 0;
	seed = from;
}

/* --- the world, one millisecond --------------------------------------------------------------- */

/* Data carries an ACK; else an ACK comes alone, late, or after a round trip. */
static void
request(struct client *c, msec now)
{
	if (c->closing) {
		raced++;
		raced_regular += c->think_most == 0 && c->serve_most == 0;
		c->open = false;
		return;
	}
	c->busy = true;
	c->received = c->acked = now;
	c->ack_due = CLOCK_NEVER;
	c->bytes_received += 100;
	c->acks_sent += c->segments == 0;
	c->held = c->segments == 0 ? CLOCK_NEVER : now + chance(DELAYED_ACK / 2, DELAYED_ACK);
	c->segments++;
	c->next = now + chance(c->serve, c->serve_most);
}

static void
respond(struct client *c, msec now)
{
	c->busy = false;
	c->sent = now;
	c->held = CLOCK_NEVER;
	c->ack_due = now + (c->round_trip > 0 ? c->round_trip : DELAYED_ACK);
	if (c->in_two && c->round_trip == 0) {
		c->acked = now;
		c->ack_due = CLOCK_NEVER;
	}
	c->bytes_sent += 500;
	c->next = now + c->round_trip + chance(c->think, c->think_most);
	c->open = !c->leaves;
}

static void
live_client(struct client *c, msec now)
{
	if (c->ack_due <= now && c->bytes_sent > 0) {
		c->acked = c->ack_due;
		c->ack_due = CLOCK_NEVER;
	}
	if (c->segments > 0 && c->held <= now) {
		c->held = CLOCK_NEVER;
		c->acks_sent++;
	}
	/* without thinking and serving, many go by in one millisecond; two will do */
	if (c->open && c->next <= now)
		c->busy ? respond(c, now) : request(c, now);
	if (c->open && c->next <= now)
		c->busy ? respond(c, now) : request(c, now);
	if (c->closing && c->gone <= now)
		c->open = false;
}

static msec
ticks(msec moment)
{
	return moment / TICK * TICK;
}

static void
show(const struct client *c, struct connection *seen, size_t index, msec now)
{
	memset(seen, 0, sizeof(*seen));
	seen->inode = index + 1;
	seen->pid = 1;
	seen->bytes_received = c->bytes_received;
	seen->bytes_sent = c->bytes_sent;
	seen->segments_received = c->segments;
	seen->segments_sent = (uint32_t)(c->bytes_sent / 500) << c->in_two;
	seen->acks_sent = c->acks_sent;
	seen->ack_delay = DELAYED_ACK;
	seen->received_ago = ticks(now) - ticks(c->received);
	seen->sent_ago = ticks(now) - ticks(c->sent);
	seen->acked_ago = ticks(now) - ticks(c->acked);
	seen->unacked = c->ack_due <= now + DELAYED_ACK && c->ack_due > now ? 500 : 0;
	seen->habit = c->habit;
}

static void
close_client(struct client *c, msec now)
{
	if (c->busy) {
		cut++;
		c->open = false;
		return;
	}
	c->closing = true;
	c->gone = now + CLOSING;
	closed++;
}

static void
observe(msec now, uint32_t queue)
{
	struct connection seen[CLIENTS];
	size_t which[CLIENTS], i;
	struct drain_view view = { seen, 0, &worker, 1, queue };

	for (i = 0; i < client_count; i++)
		if (clients[i].open) {
			show(&clients[i], &seen[view.count], i, now);
			which[view.count++] = i;
		}
	drain_observe(&drain, &view, now, &plan);
	looks++;
	for (i = 0; i < view.count; i++) {
		clients[which[i]].habit = seen[i].habit;
		if (seen[i].close_now)
			close_client(&clients[which[i]], now);
	}
	cr_assert_gt(plan.look_again, now);
}

static bool
anybody(bool busy)
{
	size_t i;

	for (i = 0; i < client_count; i++)
		if (clients[i].open && (clients[i].busy || !busy))
			return true;
	return false;
}

/* Drain from `start` until the worker is asked to stop. When that was, or CLOCK_NEVER: never. */
static msec
run(msec start, msec budget, msec quiet, bool can_close)
{
	msec now, look = start;
	size_t i;

	drain_begin(&drain, budget, quiet, can_close, start);
	for (now = 0; now < start + budget; now++) {
		for (i = 0; i < client_count; i++)
			live_client(&clients[i], now);
		if (now < look)
			continue;
		observe(now, 0);
		look = plan.look_again;
		if (worker.signal_now)
			return now - start;
	}
	return CLOCK_NEVER;
}

/* --- the story -------------------------------------------------------------------------------- */

Test(drain, with_nothing_open_asks_at_once)
{
	reset(1);
	cr_assert_eq(run(100, 5000, 1000, true), 0);
	cr_assert_eq(plan.waits_for, DRAIN_WAITS_EXIT);
	cr_assert_eq(plan.look_again, CLOCK_NEVER);
}

Test(drain, waits_for_the_queue)
{
	struct drain_view view = { .workers = &worker, .worker_count = 1, .queue = 3 };

	reset(1);
	drain_begin(&drain, 5000, 1000, true, 0);
	drain_observe(&drain, &view, 4999, &plan);
	cr_assert(!worker.signal_now);
	cr_assert_eq(plan.waits_for, DRAIN_WAITS_QUEUE);
	view.queue = 0;
	drain_observe(&drain, &view, 5000, &plan);
	cr_assert(worker.signal_now);
}

Test(drain, asks_nobody_twice)
{
	struct drain_view view = { .workers = &worker, .worker_count = 1 };

	reset(1);
	worker.signalled = true;
	drain_begin(&drain, 5000, 1000, true, 0);
	drain_observe(&drain, &view, 10, &plan);
	cr_assert(!worker.signal_now);
	cr_assert_eq(plan.waits_for, DRAIN_WAITS_EXIT);
}

Test(drain, closes_an_idle_connection_after_the_quiet)
{
	msec asked;

	reset(1);
	add_client(100000, 10);
	asked = run(1200, 30000, 1000, true);
	cr_assert_eq(closed, 1);
	cr_assert_lt(asked, 1100);
	cr_assert_lt(looks, 100);
}

Test(drain, closes_a_client_with_a_period_of_160_ms)
{
	msec asked;

	reset(7);
	add_client(150, 10);
	asked = run(1000, 5000, 1000, true);
	cr_assert_lt(asked, 1500, "once its rhythm is known");
	cr_assert_eq(cut + raced, 0);
	cr_assert_eq(closed, 1);
}

Test(drain, keeps_a_request_of_3_seconds)
{
	msec asked;

	reset(7);
	add_client(500, 3000)->leaves = true;
	asked = run(1000, 10000, 1000, true);
	cr_assert_eq(cut + closed, 0);
	cr_assert_lt(asked, 3500);
}

/* Fast requests without thinking, and then one of 3 s: all in one tick of the clock. */
Test(drain, keeps_a_request_that_came_in_the_tick_of_an_answer)
{
	struct client *c;
	msec asked;

	reset(7);
	c = add_client(0, 0);
	while (c->bytes_sent < 5000)
		live_client(c, 999);
	while (c->busy)
		respond(c, 999);
	request(c, 999);
	c->next = 999 + 3000;
	c->leaves = true;
	asked = run(1000, 10000, 1000, true);
	cr_assert_eq(cut + closed, 0);
	cr_assert_geq(asked, 2990);
	cr_assert_lt(asked, 3200);
}

/* All in one tick, and what the client counts says nothing. */
Test(drain, is_not_held_by_answers_in_two_segments)
{
	int i;

	reset(7);
	for (i = 0; i < 8; i++)
		add_client(200 + 40 * i, 0)->in_two = true;
	cr_assert_lt(run(1000, 20000, 1000, true), 3000);
	cr_assert_eq(cut + raced, 0);
	cr_assert_eq(closed, 8);
}

Test(drain, waits_for_whom_nobody_holds_yet)
{
	struct connection c = { .inode = 1 };
	struct drain_view view = { &c, 1, &worker, 1, 0 };

	reset(1);
	drain_begin(&drain, 5000, 1000, true, 0);
	drain_observe(&drain, &view, 0, &plan);
	cr_assert(!worker.signal_now, "it may have been accepted in this instant");
	c.looked_for = true;
	drain_observe(&drain, &view, 5, &plan);
	cr_assert(worker.signal_now);
}

/* With many new connections there is always one that nobody was looked for yet: the next generation's. */
Test(drain, waits_for_strangers_only_while_there_may_have_been_a_queue)
{
	struct connection c = { .inode = 1 };
	struct drain_view view = { &c, 1, &worker, 1, 0 };

	reset(1);
	drain_begin(&drain, 5000, 1000, true, 0);
	drain_observe(&drain, &view, 150, &plan);
	cr_assert(worker.signal_now);
}

Test(drain, where_nothing_can_be_closed_asks_when_all_is_quiet)
{
	msec asked;

	reset(3);
	add_client(20000, 50);
	add_client(20000, 3000);
	asked = run(1500, 30000, 1000, false);
	cr_assert_eq(closed + cut, 0);
	cr_assert(!anybody(true));
	cr_assert_lt(asked, 6000);
}

Test(drain, where_nothing_can_be_closed_finds_an_instant_without_a_request)
{
	msec asked;

	reset(3);
	add_client(13, 50)->round_trip = 1;
	add_client(15, 60)->round_trip = 1;
	asked = run(1000, 5000, 1000, false);
	cr_assert_lt(asked, 5000);
	cr_assert(!anybody(true));
}

/* One queue for all generations never empties for long, and whoever is not asked goes on accepting. */
Test(drain, of_a_shared_queue_asks_at_the_first_instant_without_a_request)
{
	struct connection c = { .pid = 1, .inode = 1, .bytes_received = 100 };
	struct drain_view view = { &c, 1, &worker, 1, 5 };

	reset(1);
	drain_begin(&drain, 30000, 1000, true, 0);
	drain.shared = true;
	drain_observe(&drain, &view, 10, &plan);
	cr_assert(!worker.signal_now, "a request is in flight");
	c.bytes_sent = 500;
	drain_observe(&drain, &view, 20, &plan);
	cr_assert(worker.signal_now);
}

/* Its first packet may have been lost. */
Test(drain, waits_longer_for_a_first_request)
{
	struct connection c = { .pid = 1, .inode = 1, .received_ago = 2000, .sent_ago = 2000 };
	struct drain_view view = { &c, 1, &worker, 1, 0 };

	reset(1);
	drain_begin(&drain, 30000, 1000, true, 0);
	drain_observe(&drain, &view, 10, &plan);
	cr_assert(!c.close_now);
	c.received_ago = c.sent_ago = 4000;
	drain_observe(&drain, &view, 2010, &plan);
	cr_assert(c.close_now);
}

Test(drain, goes_on_without_closing_once_it_is_refused)
{
	struct connection c = { .pid = 1, .inode = 1, .bytes_received = 100, .bytes_sent = 100,
		.segments_received = 1, .segments_sent = 1, .received_ago = 2000, .sent_ago = 2000 };
	struct drain_view view = { &c, 1, &worker, 1, 0 };

	reset(1);
	drain_begin(&drain, 30000, 1000, true, 0);
	drain_observe(&drain, &view, 10, &plan);
	cr_assert(c.close_now);
	drain_refused(&drain, &c, true);
	cr_assert_eq(drain.closed, 0);
	drain_observe(&drain, &view, 20, &plan);
	cr_assert(!c.close_now);
	cr_assert(worker.signal_now, "all is quiet");
}

Test(drain, asks_a_worker_that_ignores_the_end_of_its_connections)
{
	struct connection c = { .pid = 1, .inode = 1, .bytes_received = 100, .bytes_sent = 100,
		.segments_received = 1, .segments_sent = 1 };
	struct drain_view view = { &c, 1, &worker, 1, 0 };
	msec now;

	reset(1);
	drain_begin(&drain, 30000, 1000, true, 0);
	for (now = 0; now < 30000 && !worker.signal_now; now = plan.look_again) {
		c.received_ago = c.sent_ago = c.acked_ago = 500 + now;
		drain_observe(&drain, &view, now, &plan);
	}
	cr_assert_eq(drain.closed, 1);
	cr_assert_lt(now, 3000);
}

/* What cannot be told from a request is taken for one, but not for ever. */
Test(drain, closes_what_cannot_be_told_after_a_long_while)
{
	struct connection c = { .pid = 1, .inode = 1, .bytes_received = 200, .bytes_sent = 200,
		.segments_received = 2 };
	struct drain_view view = { &c, 1, &worker, 1, 0 };
	msec now;

	reset(1);
	drain_begin(&drain, 60000, 1000, true, 0);
	for (now = 0; now < 60000 && !c.close_now; now = plan.look_again) {
		c.received_ago = c.sent_ago = c.acked_ago = now;
		drain_observe(&drain, &view, now, &plan);
	}
	cr_assert(now > 10000 && now < 12000);
}

Test(drain, counts_what_came_too_late)
{
	struct connection c = { .pid = 1, .inode = 1, .bytes_received = 100, .bytes_sent = 100,
		.segments_received = 1, .segments_sent = 1, .received_ago = 2000, .sent_ago = 2000 };
	struct drain_view view = { &c, 1, &worker, 1, 0 };

	reset(1);
	drain_begin(&drain, 30000, 1000, true, 0);
	drain_observe(&drain, &view, 10, &plan);
	cr_assert(c.close_now);
	c.bytes_received = 200;
	c.received_ago = 1;
	drain_observe(&drain, &view, 15, &plan);
	drain_observe(&drain, &view, 20, &plan);
	cr_assert_eq(drain.late, 1);
}

Test(drain, ends_streams_one_by_one)
{
	struct connection c[4];
	struct drain_view view = { c, 4, &worker, 1, 0 };
	msec now, first = 0, last = 0;
	size_t i;

	memset(c, 0, sizeof(c));
	drain_begin(&drain, 10000, 1000, true, 0);
	for (now = 0; now < 10000; now = plan.look_again) {
		for (i = 0; i < 4; i++) {	/* one event every half second */
			c[i].pid = 1;
			c[i].inode = i + 1;
			c[i].bytes_received = 100;
			c[i].segments_received = 1;
			c[i].received_ago = 60000 + now;
			c[i].bytes_sent = 100 + (uint64_t)(now / 500);
			c[i].sent_ago = now % 500;
		}
		drain_observe(&drain, &view, now, &plan);
		cr_assert_leq(plan.closing, 1);
		if (plan.closing > 0) {
			first = first == 0 ? now : first;
			last = now;
		}
	}
	cr_assert_eq(drain.cut, 4);
	cr_assert_eq(drain.closed, 0);
	cr_assert_geq(first, 9000);
	cr_assert_gt(last - first, 500);
}

/* --- the threshold ---------------------------------------------------------------------------- */

Test(drain, has_as_long_as_a_worker_asks_for)
{
	drain_begin(&drain, 2000, 1000, true, 0);
	cr_assert_eq(drain_threshold(&drain, 500), 1000);
	drain_extend(&drain, 1000, 500);
	cr_assert_eq(drain.budget, 2000, "it is never less");
	cr_assert_lt(drain_threshold(&drain, 1700), 1000);
	drain_extend(&drain, 3000, 1700);
	cr_assert_eq(drain.budget, 4700);
	cr_assert_eq(drain_threshold(&drain, 1700), 1000);
	cr_assert_lt(drain_threshold(&drain, 4200), 1000);
}

/* One with a pause between its events, which ends in the last tenth: of the time that it was given. */
Test(drain, ends_a_stream_at_the_end_of_what_was_asked_for)
{
	struct connection c = { .pid = 1, .inode = 1, .bytes_received = 100, .segments_received = 1 };
	struct drain_view view = { &c, 1, &worker, 1, 0 };
	msec now;

	memset(&worker, 0, sizeof(worker));
	drain_begin(&drain, 2000, 1000, true, 0);
	for (now = 0; now < 10000; now = plan.look_again) {
		c.received_ago = 60000 + now;
		c.bytes_sent = 100 + (uint64_t)(now / 500);
		c.sent_ago = now % 500;
		if (now >= 1000 && now < 1100)
			drain_extend(&drain, 4000, now);
		drain_observe(&drain, &view, now, &plan);
		if (plan.closing > 0)
			break;
	}
	cr_assert_geq(now, 5000 * 9 / 10);
	cr_assert_leq(now, 5100);
}

Test(drain, asks_for_less_silence_as_time_runs_out)
{
	static const struct { msec at, is; } table[] = {
		{ 0, 1000 }, { 4499, 1000 }, { 4500, 500 }, { 6749, 500 }, { 6750, 250 },
		{ 7875, 125 }, { 8438, 62 }, { 8719, 31 }, { 8860, 20 }, { 9000, 20 }, { 12000, 20 },
	};
	size_t i;

	drain_begin(&drain, 10000, 1000, true, 0);
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		cr_expect_eq(drain_threshold(&drain, table[i].at), table[i].is, "at %d: %d",
		    (int)table[i].at, (int)drain_threshold(&drain, table[i].at));
	drain_begin(&drain, 0, 1000, true, 0);
	cr_assert_eq(drain_threshold(&drain, 0), DRAIN_SHORTEST_QUIET);
}

/* --- at random -------------------------------------------------------------------------------- */

static void
add_random_client(void)
{
	static const int thinks[] = { 0, 0, 1, 20, 60, 160, 500, 2000, 10000 };
	static const int serves[] = { 0, 1, 5, 30, 200, 1500, 3000 };
	struct client *c = add_client(thinks[chance(0, 8)], serves[chance(0, 6)]);

	if (chance(0, 2) == 0)
		c->think_most = c->think * 3 + 1;
	if (chance(0, 2) == 0)
		c->serve_most = c->serve * 2 + 1;
	if (chance(0, 3) == 0)
		c->round_trip = chance(5, 80);
	c->in_two = chance(0, 3) == 0;
}

Test(drain, never_cuts_a_request)
{
	unsigned all_closed = 0, all_raced = 0, all_regular = 0;
	msec budget;
	int i;

	for (i = 1; i <= 600; i++) {
		reset((uint32_t)i * 2654435761u);
		while (client_count < (size_t)chance(1, CLIENTS))
			add_random_client();
		budget = chance(0, 1) ? 5000 : 10000;
		run(1000, budget, 1000, true);
		cr_assert_eq(cut, 0, "seed %d: %u requests cut", i, cut);
		/* at 5 ms a look in the worst case, and not all the time */
		cr_assert_lt(looks, (unsigned)budget / 8, "seed %d: %u looks", i, looks);
		all_closed += closed;
		all_raced += raced;
		all_regular += raced_regular;
	}
	/* a client that comes at random can always come just then; one that comes regularly does not */
	cr_assert_lt(all_raced * 30, all_closed, "%u of %u", all_raced, all_closed);
	cr_assert_lt(all_regular * 200, all_closed, "%u of %u", all_regular, all_closed);
}

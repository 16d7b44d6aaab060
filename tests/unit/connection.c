/* What is learned of one connection: the story of each kind of client, as the kernel's clock tells it. */
#include <criterion/criterion.h>

#include "handoff/connection.h"

/* The kernel's side of one connection, in moments. */
struct line {
	msec received, sent, acked;
	uint64_t bytes_received, bytes_sent;
	uint32_t segments;
	uint32_t unread, unsent, unacked, segments_sent;
	uint32_t acks_sent;
	struct connection seen;
};

static void
receive(struct line *l, msec now)
{
	l->received = l->acked = now;
	l->bytes_received += 100;
	l->acks_sent += l->segments == 0;	/* the first one is acknowledged at once */
	l->segments++;
}

/* No answer came for a while that could have carried the ACK of the request. */
static void
acknowledge(struct line *l)
{
	l->acks_sent++;
}

static void
answer(struct line *l, msec now, msec acked)
{
	l->sent = now;
	l->bytes_sent += 500;
	l->segments_sent++;
	l->acked = acked;
}

static const struct connection *
look(struct line *l, msec now)
{
	struct connection *c = &l->seen;

	c->received_ago = now - l->received;
	c->sent_ago = now - l->sent;
	c->acked_ago = now - l->acked;
	c->bytes_received = l->bytes_received;
	c->bytes_sent = l->bytes_sent;
	c->segments_received = l->segments;
	c->unread = l->unread;
	c->unsent = l->unsent;
	c->unacked = l->unacked;
	c->segments_sent = l->segments_sent;
	c->acks_sent = l->acks_sent;
	connection_learn(c, now);
	return c;
}

Test(connection, without_a_byte_is_quiet_since_it_was_made)
{
	struct line l = { .received = 100, .sent = 100, .acked = 100 };
	const struct connection *c = look(&l, 600);

	cr_assert(!connection_in_flight(c));
	cr_assert_eq(connection_quiet(c), 500);
	cr_assert(!connection_expects(c));
}

Test(connection, is_in_flight_from_request_to_answer)
{
	struct line l = { 0 };

	receive(&l, 100);
	cr_assert(connection_in_flight(look(&l, 101)));
	cr_assert(connection_in_flight(look(&l, 3000)));
	answer(&l, 3100, 3100);
	cr_assert(!connection_in_flight(look(&l, 3200)));
	receive(&l, 4000);
	cr_assert(connection_in_flight(look(&l, 4000)));
}

Test(connection, is_in_flight_with_bytes_on_their_way)
{
	struct line unread = { .unread = 10 }, unsent = { .unsent = 10 };

	cr_assert(connection_in_flight(look(&unread, 100)));
	cr_assert(connection_in_flight(look(&unsent, 100)));
}

/* All three in one tick, again and again, and the last one not answered. */
Test(connection, tells_a_request_in_the_tick_of_the_answer)
{
	struct line l = { 0 };

	receive(&l, 100);
	answer(&l, 100, 100);
	receive(&l, 100);
	cr_assert(connection_in_flight(look(&l, 108)));
	acknowledge(&l);
	cr_assert(connection_in_flight(look(&l, 3000)));
	answer(&l, 3100, 3140);
	cr_assert(!connection_in_flight(look(&l, 3200)));
	receive(&l, 3300);		/* two requests and an answer between two looks */
	answer(&l, 3300, 3300);
	receive(&l, 3300);
	cr_assert(connection_in_flight(look(&l, 3308)));
}

Test(connection, tells_an_answer_in_the_tick_of_the_request)
{
	struct line l = { 0 };

	receive(&l, 100);
	answer(&l, 100, 100);
	receive(&l, 100);
	answer(&l, 100, 100);		/* the client's ACK is delayed */
	cr_assert(connection_in_flight(look(&l, 108)));
	l.acked = 140;
	cr_assert(!connection_in_flight(look(&l, 144)));
	l.acked = 15000;		/* its keepalive does not change that */
	cr_assert(!connection_in_flight(look(&l, 15001)));
}

Test(connection, is_not_fooled_by_the_ack_of_a_keepalive)
{
	struct line l = { 0 };

	receive(&l, 100);
	answer(&l, 100, 100);
	receive(&l, 100);
	acknowledge(&l);
	cr_assert(connection_in_flight(look(&l, 200)));
	l.acked = 15100;
	cr_assert(connection_in_flight(look(&l, 15200)));
}

Test(connection, knows_that_the_only_request_was_answered)
{
	struct line l = { 0 };

	receive(&l, 100);
	answer(&l, 100, 100);
	cr_assert(!connection_in_flight(look(&l, 108)));
}

Test(connection, trusts_counters_more_than_ages)
{
	struct line l = { 0 };

	receive(&l, 100);
	answer(&l, 100, 140);
	cr_assert(!connection_in_flight(look(&l, 300)));
	receive(&l, 400);
	l.sent = 440;			/* a retransmission: an age, but no new byte */
	cr_assert(connection_in_flight(look(&l, 444)));
}

/* 160 ms between two requests that take 10. */
Test(connection, expects_a_client_that_comes_regularly)
{
	struct line l = { 0 };
	msec now = 0;
	int i;

	for (i = 0; i < 20; i++, now += 160) {
		receive(&l, now);
		answer(&l, now + 10, now + 50);
		look(&l, now + 100);
	}
	now -= 150;			/* the last answer */
	cr_assert(!connection_expects(look(&l, now + 80)));
	cr_assert(connection_expects(look(&l, now + 100)));
	cr_assert(connection_expects(look(&l, now + 150)));
	cr_assert(!connection_expects(look(&l, now + 250)), "it has stopped coming");
}

/* So quick a server that request and answer are in one tick: that says nothing about the gap. */
Test(connection, learns_the_gap_of_a_client_of_a_quick_server)
{
	struct line l = { 0 };
	msec now = 0;
	int i;

	for (i = 0; i < 20; i++, now += 160) {
		receive(&l, now);
		answer(&l, now, now);
		look(&l, now + 20);
		l.acked = now + 40;
		look(&l, now + 100);
	}
	now -= 160;
	cr_assert(!connection_expects(look(&l, now + 80)));
	cr_assert(connection_expects(look(&l, now + 150)));
}

Test(connection, is_not_blinded_by_bursts)
{
	struct line l = { 0 };
	msec now = 0;
	int i, burst;

	for (i = 0; i < 10; i++, now += 4000)
		for (burst = 0; burst < 2; burst++, now += 20) {
			receive(&l, now);
			answer(&l, now + 10, now + 15);
			look(&l, now + 18);
		}
	now -= 4000;
	cr_assert(!connection_expects(look(&l, now + 1000)));
	cr_assert(connection_expects(look(&l, now + 3900)));
}

Test(connection, that_pauses_while_it_sends_streams)
{
	struct line l = { 0 };

	receive(&l, 100);
	answer(&l, 110, 110);
	look(&l, 200);
	answer(&l, 2110, 2110);		/* the rest of the page, or the next event */
	cr_assert(connection_streams(look(&l, 2200)));
	cr_assert(connection_streams(look(&l, 6000)));
	cr_assert(!connection_streams(look(&l, 6200)));
}

Test(connection, that_sends_much_does_not_stream)
{
	struct line l = { 0 };
	msec now;

	receive(&l, 100);
	for (now = 110; now < 2000; now += 50) {
		answer(&l, now, now);
		look(&l, now + 1);
	}
	cr_assert(!connection_streams(look(&l, 2000)));
}

Test(connection, remembers_what_came_after_it_was_closed)
{
	struct line l = { 0 };

	receive(&l, 100);
	answer(&l, 110, 150);
	look(&l, 1200);
	l.seen.habit.closed = true;
	look(&l, 1210);
	cr_assert(!l.seen.habit.late);
	receive(&l, 1211);
	look(&l, 1220);
	cr_assert(l.seen.habit.late);
}

/* The client acknowledges at once, and an answer has two segments: there is nothing else to go by. */
Test(connection, knows_that_a_request_alone_was_answered)
{
	struct line l = { 0 };

	receive(&l, 100);
	answer(&l, 104, 104);
	look(&l, 200);
	receive(&l, 300);
	answer(&l, 300, 300);
	answer(&l, 300, 300);
	cr_assert(!connection_in_flight(look(&l, 320)));
	receive(&l, 400);
	answer(&l, 400, 400);
	receive(&l, 400);
	answer(&l, 400, 400);
	receive(&l, 400);
	cr_assert(connection_in_flight(look(&l, 420)), "three came, two were answered");
}

Test(connection, knows_that_what_is_not_acknowledged_is_the_answer)
{
	struct line l = { .unacked = 500 };

	receive(&l, 100);
	answer(&l, 100, 100);
	receive(&l, 100);
	answer(&l, 100, 100);
	cr_assert(!connection_in_flight(look(&l, 108)));
}

Test(connection, that_is_asked_several_times_a_second_has_a_rhythm)
{
	struct line l = { 0 };
	msec now = 0;
	int i;

	cr_assert_eq(connection_rhythm(look(&l, now)), 0);
	for (i = 0; i < 6; i++, now += 160) {
		receive(&l, now);
		answer(&l, now + 10, now + 50);
		look(&l, now + 100);
	}
	cr_assert_eq(connection_rhythm(&l.seen), 37);
	receive(&l, now);
	look(&l, now + 1);
	receive(&l, now + 2);		/* before it was answered */
	cr_assert_eq(connection_rhythm(look(&l, now + 3)), 0);
}

/* A tie of the ages is decided by bare ACKs: as many as requests, and each answer has had its own. */
Test(connection, counts_bare_acks_where_the_clock_cannot_tell)
{
	struct connection c = { .bytes_received = 300, .bytes_sent = 300, .segments_received = 3,
		.segments_sent = 3, .acks_received = 4, .received_ago = 40, .sent_ago = 40,
		.acked_ago = 40 };

	connection_learn(&c, 1000);
	c.bytes_received = c.bytes_sent = 500;
	c.segments_received = c.segments_sent = 5;
	c.acks_received = 6;
	connection_learn(&c, 1300);
	cr_assert(!connection_in_flight(&c), "two requests, two answers, two bare ACKs");
	c.bytes_received = c.bytes_sent = 700;
	c.segments_received = c.segments_sent = 7;
	c.acks_received = 7;
	connection_learn(&c, 1600);
	cr_assert(connection_in_flight(&c), "the second answer's ACK came with another request");
}

Test(connection, asked_once_and_answering_ever_since_is_a_stream_at_the_first_look)
{
	struct line l = { 0 };
	const struct connection *c;
	msec now;

	receive(&l, 0);
	for (now = 10; now <= 20010; now += 5000)
		answer(&l, now, now);
	c = look(&l, 24000);
	cr_assert(connection_streams(c), "its pause is about 5 s, and it is silent for 4");
	cr_assert(!connection_in_flight(c));
	c = look(&l, 31000);
	cr_assert(!connection_streams(c), "it has ended");
}

Test(connection, a_page_in_pieces_is_no_stream)
{
	struct line l = { 0 };
	msec now;

	receive(&l, 0);
	for (now = 10; now < 50; now += 10)
		answer(&l, now, now);
	cr_assert(!connection_streams(look(&l, 200)));
	cr_assert_eq(l.seen.habit.there_since, 0);
}

/* A client that acknowledges each answer of two segments at once, seen once in a while. */
static struct line
in_two_segments(void)
{
	struct line l = { 0 };
	int i;

	for (i = 0; i < 2; i++) {
		receive(&l, 100);
		answer(&l, 100, 100);
		answer(&l, 100, 100);
	}
	cr_assert(connection_in_flight(look(&l, 150)));
	cr_assert(connection_in_flight(look(&l, 400)), "one ACK went alone: of the first, or of the last?");
	for (i = 0; i < 2; i++) {
		receive(&l, 500);
		answer(&l, 500, 500);
		answer(&l, 500, 500);
	}
	return l;
}

Test(connection, knows_that_an_answer_carried_the_ack_of_its_request)
{
	struct line l = in_two_segments();

	cr_assert(connection_in_flight(look(&l, 510)), "it may still come");
	cr_assert(connection_in_flight(look(&l, 570)));
	cr_assert(!connection_in_flight(look(&l, 580)));
	receive(&l, 700);
	answer(&l, 700, 700);
	answer(&l, 700, 700);
	cr_assert(!connection_in_flight(look(&l, 701)), "the only one since it was silent");
}

Test(connection, knows_that_an_ack_went_alone_since_there_was_no_answer)
{
	struct line l = in_two_segments();

	receive(&l, 500);
	cr_assert(connection_in_flight(look(&l, 510)));
	acknowledge(&l);
	cr_assert(connection_in_flight(look(&l, 545)));
	cr_assert(connection_in_flight(look(&l, 600)), "since before the request, not since the last look");
	cr_assert(connection_in_flight(look(&l, 5000)));
}

Test(connection, waits_as_long_as_the_kernel_may_for_an_ack)
{
	struct line l = in_two_segments();

	l.seen.ack_delay = 200;
	cr_assert(connection_in_flight(look(&l, 739)));
	cr_assert(!connection_in_flight(look(&l, 740)));
}

Test(connection, does_not_overlap_because_nobody_could_tell)
{
	struct line l = in_two_segments();
	msec now;

	look(&l, 510);
	receive(&l, 640);
	look(&l, 641);
	for (now = 700; now < 1300; now += 160) {
		answer(&l, now, now + 40);
		look(&l, now + 50);
		receive(&l, now + 100);
		look(&l, now + 101);
	}
	cr_assert_gt(connection_rhythm(&l.seen), 0);
}

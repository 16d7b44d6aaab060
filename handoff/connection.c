/* connection.c - what one connection does. No system calls. */
#include "handoff/connection.h"

enum {
	/* ms: a client acknowledges an answer within so long; later it is a keepalive's */
	ACK_LATEST = 1000,
	/* of a gap (percent): from here on the next request is about to come ... */
	GAP_SAFE = 60,
	/* ... until here, and ms more, for a clock that ticks */
	GAP_OVER = 120, TICKS = 8,
	/* ms: a longer silence within what is sent is a pause, and after so many of it there is none */
	PAUSE_LEAST = 50, PAUSES = 2,
	/* an answer to the only request there was, in so many pieces, is a stream from the first look on */
	PIECES = 3,
	/* so many gaps show how a client comes */
	GAPS_KNOWN = 4,
	/*
	 * After this part of the shortest of them, and ms, nothing comes yet. Gaps are not all alike, and few
	 * are known: of one from 50 to 250 ms four are all above 100 one time in three.
	 */
	RHYTHM_PART = 4, RHYTHM_LEAST = 20,
	/* ms of silence after what was the end of an answer */
	SETTLED = 20,
	/* ms: no ACK is held back for less time than that (TCP_DELACK_MIN), and for a clock that ticks */
	DELAY_LEAST = 40, DELAY_SLACK = 40,
};

/* --- was the last one answered? --------------------------------------------------------------- */

/*
 * The kernel counts ages in ticks of up to 10 ms, and a client that does not think asks again within
 * the tick of the last answer. Then both ages are equal, and so they are after a quick answer. What
 * tells them apart is when the client's last ACK came: that of an answer comes after it, alone;
 * that of the answer before comes with the request, so that what is not acknowledged yet was sent
 * after it. The only request there ever was is answered when anything was sent.
 */
static bool
is_acknowledged(const struct connection *c)
{
	msec after = c->received_ago - c->acked_ago;

	return (after > 0 && after <= ACK_LATEST) || c->unacked > 0 || c->segments_received == 1;
}

/*
 * A client that thinks acknowledges an answer in a segment of its own, at once or a little later; one
 * that asks again at once does so with its next request. So when as many bare ACKs came as requests,
 * since the last look, each answer of one segment has had its own, and the last one, too.
 */
static bool
is_counted(const struct connection *c)
{
	const struct habit *h = &c->habit;
	uint32_t requests = c->segments_received - h->segments_received;
	uint32_t answers = c->segments_sent - h->segments_sent;

	if (!h->seen || requests == 0 || answers < requests)
		return false;
	if (requests == 1 && h->settled)	/* the only one since */
		return true;
	return answers == requests && c->acks_received - h->acks_received >= requests;
}

/*
 * And what did we acknowledge? The kernel holds its ACK of a request back for a while, so that the answer
 * may carry it; if none is sent by then, the ACK goes alone. So when none went alone since before the
 * request came, an answer carried it, in however many segments. (The first request of a connection has an
 * ACK of its own in any case; what was answered since the look before is known then.)
 */
static bool
is_carried(const struct connection *c)
{
	msec delay = c->ack_delay > DELAY_LEAST ? c->ack_delay : DELAY_LEAST;

	return c->segments_sent > 0 && c->acks_sent == c->habit.acks_before &&
	    connection_quiet(c) >= delay + DELAY_SLACK;
}

static void
judge_by_ages(struct connection *c)
{
	bool tie = c->received_ago == c->sent_ago && c->bytes_sent > 0;

	c->habit.unsure = tie && !is_acknowledged(c) && !is_counted(c) && !is_carried(c);
	c->habit.pending = c->bytes_received > 0 &&
	    (c->habit.unsure || c->bytes_sent == 0 || c->received_ago < c->sent_ago);
}

static void
judge(struct connection *c, bool received, bool sent)
{
	struct habit *h = &c->habit;

	if (received && !sent) {
		h->overlaps = h->overlaps || (h->pending && !h->unsure);
		h->pending = true;
		h->unsure = false;
	} else if (sent && !received) {
		h->pending = h->unsure = false;
	} else if (received || h->unsure) {
		judge_by_ages(c);
	}
}

static void
learn_pause(struct connection *c, msec now)
{
	struct habit *h = &c->habit;
	msec pause = now - c->sent_ago - h->last_byte;

	if (pause > PAUSE_LEAST && pause > h->pause)
		h->pause = pause;
}

/* --- how long does its client think? ---------------------------------------------------------- */

static void
remember_gap(struct habit *h, msec gap)
{
	h->gap[h->gaps++ % CONNECTION_GAPS] = gap > 0 ? gap : 1;
}

/* Seen in the middle of a request the gap is exact; else many may have gone by since the last look. */
static void
learn_gap(struct connection *c, bool was_pending, msec now)
{
	struct habit *h = &c->habit;
	uint32_t requests = c->segments_received - h->segments_received;

	if (h->pending && !h->unsure && c->bytes_sent > 0)
		remember_gap(h, c->sent_ago - c->received_ago);
	else if (!was_pending && requests > 0 && h->bytes_sent > 0)
		remember_gap(h, (now - c->received_ago - h->last_sent) / requests);
}

/* --- all together ----------------------------------------------------------------------------- */

/* What never carried a byte has the ages of its beginning. */
static msec
oldest_age(const struct connection *c)
{
	msec oldest = c->received_ago > c->sent_ago ? c->received_ago : c->sent_ago;

	return c->acked_ago > oldest ? c->acked_ago : oldest;
}

/* An event stream says so before its next event: it was asked once, and goes on answering. */
static void
guess_pause(struct connection *c)
{
	msec span = c->received_ago - c->sent_ago;

	if (c->segments_received != 1 || c->segments_sent < PIECES)
		return;
	if (span / (c->segments_sent - 1) > PAUSE_LEAST)
		c->habit.pause = span / (c->segments_sent - 1);
}

static void
first_look(struct connection *c, msec now)
{
	judge_by_ages(c);
	guess_pause(c);
	c->habit.there_since = now - oldest_age(c);
	c->habit.seen = true;
	if (c->habit.pending && !c->habit.unsure && c->bytes_sent > 0)
		remember_gap(&c->habit, c->sent_ago - c->received_ago);
}

static void
next_look(struct connection *c, msec now)
{
	struct habit *h = &c->habit;
	bool received = c->bytes_received > h->bytes_received;
	bool sent = c->bytes_sent > h->bytes_sent;
	bool was_pending = h->pending;

	if (received)
		h->acks_before = h->acks_sent;
	if (sent && !received && !was_pending)
		learn_pause(c, now);
	judge(c, received, sent);
	if (received && (sent || !was_pending))
		learn_gap(c, was_pending, now);
	if (received && h->closed)
		h->late = true;
}

void
connection_learn(struct connection *c, msec now)
{
	struct habit *h = &c->habit;

	if (!h->seen)
		first_look(c, now);
	else
		next_look(c, now);
	h->bytes_received = c->bytes_received;
	h->bytes_sent = c->bytes_sent;
	h->segments_received = c->segments_received;
	h->segments_sent = c->segments_sent;
	h->acks_received = c->acks_received;
	h->acks_sent = c->acks_sent;
	h->last_sent = now - c->sent_ago;
	h->last_byte = now - connection_quiet(c);
	h->settled = !h->pending && connection_quiet(c) >= SETTLED;
}

bool
connection_in_flight(const struct connection *c)
{
	return c->habit.pending || c->unread > 0 || c->unsent > 0;
}

msec
connection_quiet(const struct connection *c)
{
	return c->received_ago < c->sent_ago ? c->received_ago : c->sent_ago;
}

bool
connection_streams(const struct connection *c)
{
	return c->habit.pause > 0 && connection_quiet(c) < c->habit.pause * PAUSES;
}

bool
connection_expects(const struct connection *c)
{
	msec quiet = connection_quiet(c);
	int i;

	for (i = 0; i < CONNECTION_GAPS; i++) {
		msec gap = c->habit.gap[i];

		if (gap > 0 && quiet * 100 > gap * GAP_SAFE &&
		    quiet * 100 < gap * GAP_OVER + TICKS * 100)
			return true;
	}
	return false;
}

msec
connection_rhythm(const struct connection *c)
{
	const struct habit *h = &c->habit;
	msec shortest = 0, early;
	int i;

	if (h->gaps < GAPS_KNOWN || h->overlaps)
		return 0;
	for (i = 0; i < CONNECTION_GAPS; i++)
		if (h->gap[i] > 0 && (shortest == 0 || h->gap[i] < shortest))
			shortest = h->gap[i];
	early = shortest / RHYTHM_PART;
	if (early < RHYTHM_LEAST)
		early = RHYTHM_LEAST < shortest / 2 ? RHYTHM_LEAST : shortest / 2;
	return early;
}

/*
 * Goal: a connection is said to be at a boundary only when it is: each kind of history by itself, and
 * a million invented ones in which a model of client and server knows the truth.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "handoff/boundary.h"
#include "handoff/request.h"

#define GET "GET /a?b=c HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\n\r\n"
#define POST(n, body) "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " #n "\r\n\r\n" body
#define HEAD_OF(fields) "GET / HTTP/1.1\r\nHost: x\r\n" fields "\r\n"

static enum request_seen
look(const char *text)
{
	return request_look(text, strlen(text));
}

Test(request, whole_is_one_plain_request)
{
	size_t i;

	cr_assert_eq(look(GET), REQUEST_WHOLE);
	cr_assert_eq(look(POST(4, "abcd")), REQUEST_WHOLE);
	cr_assert_eq(look(POST(0, "")), REQUEST_WHOLE);
	cr_assert_eq(look("POST / HTTP/1.1\r\nHost: x\r\n\r\n"), REQUEST_WHOLE);
	for (i = 1; i < strlen(GET); i++)
		cr_assert_eq(request_look(GET, i), REQUEST_PART, "the first %zu bytes", i);
	cr_assert_eq(look(POST(4, "abc")), REQUEST_PART);
}

Test(request, all_else_is_doubtful)
{
	static const char *const texts[] = { GET GET, GET "G", POST(4, "abcde"),
		HEAD_OF("Expect: 100-continue\r\n"), HEAD_OF("eXPECT: x\r\n"),
		HEAD_OF("Upgrade: websocket\r\nConnection: Upgrade\r\n"),
		HEAD_OF("Connection: keep-alive, upgrade\r\n"), HEAD_OF("Connection: close\r\n"),
		HEAD_OF("Transfer-Encoding: chunked\r\n"), HEAD_OF("Transfer_Encoding: chunked\r\n"),
		HEAD_OF("Content-Length: 3\r\n") "abc", HEAD_OF("Content-Length : 0\r\n"),
		HEAD_OF("Host: y\r\n"), HEAD_OF(" folded\r\n"), HEAD_OF("A: b\n"), HEAD_OF("A: \rb\r\n"),
		HEAD_OF("A: \001\r\n"), HEAD_OF("no colon\r\n"), HEAD_OF(": x\r\n"),
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na",
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +1\r\n\r\na",
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 01\r\n\r\na",
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1, 1\r\n\r\na",
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999\r\n\r\n",
		"GET / HTTP/1.1\r\nA: b\r\n\r\n", "GET / HTTP/1.0\r\nHost: x\r\n\r\n",
		"GET  / HTTP/1.1\r\nHost: x\r\n\r\n", "GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n",
		"get / HTTP/1.1\r\n", "CONNECT x:1 HTTP/1.1\r\n", "\r\n" GET, " " GET,
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\x16\x03\x01\x02", "\x81\x85" "abcd",
		"7\r\nabcdefg\r\n0\r\n\r\n", "{\"json\": 1}", "\r\n" };
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		cr_assert_eq(look(texts[i]), REQUEST_DOUBTFUL, "%zu: %s", i, texts[i]);
	cr_assert_eq(request_look("GET /\0 HTTP/1.1\r\n", 17), REQUEST_DOUBTFUL);
}

/* --- histories, one by one -------------------------------------------------------------------- */

/* A connection as the kernel has it: what came, what was read, what was written. */
struct line {
	struct boundary b;
	char stream[65536];
	size_t came, read, sent;
	bool unarrived, crossed, closed;
};

static struct line l;

static void
comes(const char *text)
{
	memcpy(l.stream + l.came, text, strlen(text));
	l.came += strlen(text);
}

static enum verdict
see(void)
{
	struct glimpse g = { .read = l.read, .sent = l.sent, .unread = l.came - l.read,
		.bytes = l.stream + l.read, .arrived = !l.unarrived, .crossed = l.crossed,
		.open = !l.closed };

	return boundary_see(&l.b, &g);
}

static enum verdict
see_twice(void)
{
	enum verdict v = see();

	return v == BOUNDARY_HOLD ? see() : v;
}

static void
is_served(size_t answer)
{
	l.read = l.came;
	l.sent += answer;
}

/* So many exact exchanges after the first request that was seen. */
static void
exchange(int count)
{
	memset(&l, 0, sizeof(l));
	comes(GET);
	cr_assert_eq(see_twice(), BOUNDARY_SERVE);
	while (count-- > 0) {
		is_served(BOUNDARY_SHORTEST);
		cr_assert_eq(see(), BOUNDARY_WAIT);
		comes(GET);
		if (count > 0)
			cr_assert_eq(see_twice(), BOUNDARY_SERVE);
	}
}

Test(boundary, is_said_after_three_exact_exchanges)
{
	exchange(2);
	cr_assert_eq(see_twice(), BOUNDARY_SERVE, "two are too few");
	exchange(3);
	cr_assert_eq(see(), BOUNDARY_HOLD, "one look is not enough");
	cr_assert_eq(see(), BOUNDARY_CARRY);
	cr_assert_eq(see(), BOUNDARY_CARRY, "and it stays");
}

Test(boundary, counts_bodies_that_are_whole)
{
	exchange(2);
	see_twice();
	is_served(100);
	comes(POST(10, "0123"));
	cr_assert_eq(see(), BOUNDARY_PART);
	comes("456789");
	cr_assert_eq(see_twice(), BOUNDARY_CARRY);
	is_served(100);
	comes("abc");
	cr_assert_eq(see(), BOUNDARY_NEVER);
}

Test(boundary, watches_a_body_being_read)
{
	exchange(0);
	l.read = l.came;
	l.sent += 100;
	comes(POST(10, "0123456789"));
	cr_assert_eq(see_twice(), BOUNDARY_SERVE);
	l.read = l.came - 10;		/* the head, and then the body */
	cr_assert_eq(see(), BOUNDARY_WAIT);
	l.sent += 40;
	cr_assert_eq(see(), BOUNDARY_WAIT);
	comes(GET);
	cr_assert_eq(see(), BOUNDARY_NEVER, "it came while the body was being read");
}

Test(boundary, starts_again_when_more_was_read_than_seen)
{
	exchange(2);
	see_twice();
	is_served(100);
	comes(GET);
	is_served(100);
	comes(GET);
	cr_assert_eq(see_twice(), BOUNDARY_SERVE);
	cr_assert_eq(l.b.chain, 0);
}

Test(boundary, never_after_a_sign_of_pipelining)
{
	exchange(3);
	comes(GET);
	cr_assert_eq(see(), BOUNDARY_NEVER, "two wait at once");
	exchange(2);
	see_twice();
	comes(GET);
	cr_assert_eq(see(), BOUNDARY_NEVER, "one came behind it");
	exchange(2);
	see_twice();
	l.read = l.came;
	comes(GET);
	cr_assert_eq(see(), BOUNDARY_NEVER, "one came before there was an answer");
	exchange(3);
	l.crossed = true;
	cr_assert_eq(see(), BOUNDARY_NEVER, "one came before the answer's end");
	exchange(3);
	see();
	l.sent += 10;
	cr_assert_eq(see(), BOUNDARY_NEVER, "the answer before goes on");
	is_served(100);
	cr_assert_eq(see(), BOUNDARY_NEVER, "and that does not change");
	exchange(3);
	l.unarrived = true;
	cr_assert_eq(see_twice(), BOUNDARY_SERVE, "not known to have come after the answer");
}

Test(boundary, never_for_the_body_of_one_that_expected)
{
	exchange(2);
	see_twice();
	is_served(100);
	comes("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 60\r\nExpect: 100-continue\r\n\r\n");
	cr_assert_eq(see(), BOUNDARY_NEVER);
	/* its head was not seen; the body looks like requests, and is read after 100 Continue */
	exchange(0);
	is_served(25);
	comes(GET);
	cr_assert_eq(see(), BOUNDARY_NEVER);
}

Test(boundary, never_for_a_slow_body_and_an_early_answer)
{
	exchange(2);			/* pieces that look like requests, all of one body */
	see_twice();
	is_served(0);
	comes(GET);
	cr_assert_eq(see(), BOUNDARY_NEVER);
	exchange(2);
	see_twice();
	is_served(300);			/* 413: answered at its head, the body comes all the same */
	comes(GET);
	see_twice();
	is_served(0);
	comes(GET);
	cr_assert_eq(see(), BOUNDARY_NEVER);
}

Test(boundary, never_for_what_is_no_http)
{
	static const char *const texts[] = { "\x16\x03\x01", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
		"\x81\x85" "12345", "\0", "hello\n",
		HEAD_OF("Upgrade: websocket\r\nConnection: Upgrade\r\n") };
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		exchange(2);
		see_twice();
		is_served(100);
		comes(texts[i]);
		if (*texts[i] == '\0')
			l.came++;
		cr_assert_eq(see(), BOUNDARY_NEVER, "%zu", i);
	}
}

Test(boundary, never_for_one_that_is_half_closed)
{
	exchange(3);
	l.closed = true;		/* its FIN came behind bytes that nobody has read */
	cr_assert_eq(see(), BOUNDARY_NEVER);
	exchange(2);
	l.came = l.read;
	l.closed = true;
	cr_assert_eq(see(), BOUNDARY_NEVER);
}

Test(boundary, does_not_wait_for_what_is_too_long)
{
	exchange(2);
	see_twice();
	is_served(100);
	comes(POST(99999, ""));
	memset(l.stream + l.came, 'x', BOUNDARY_LONGEST);
	l.came += BOUNDARY_LONGEST;
	cr_assert_eq(see(), BOUNDARY_NEVER);
}

/* --- invented histories ----------------------------------------------------------------------- */

enum { MESSAGES = 10, PIECES = 8, STREAM = 16384, STEPS = 160, HISTORIES = 1000000 };

enum kind { PLAIN, BODY, SLOW, EXPECTS, REFUSED, INTERIM, KINDS };

struct message {
	enum kind kind;
	size_t start, end;
	size_t piece[PIECES];		/* where each part that is sent by itself ends */
	int pieces;
	int parts;			/* of its answer */
};

/* What is true of one connection. */
struct model {
	struct boundary b;
	char stream[STREAM];
	struct message m[MESSAGES];
	int messages;
	bool pipelines;
	int sending, piece;		/* the message and the part the client sends next */
	size_t came, read;
	int serving, part;		/* the message, and the part of its answer that comes next */
	bool told;			/* 100, 103 or an early answer was written */
	int interims;
	uint64_t sent, acked;
	unsigned received_at, sent_at, now;
};

static uint64_t seed;

static unsigned
chance(unsigned of)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)((seed >> 11) % of);
}

static void
put(struct model *m, struct message *to, const char *text)
{
	size_t length = strlen(text);

	memcpy(m->stream + to->end, text, length);
	to->end += length;
}

static void
end_piece(struct message *to)
{
	to->piece[to->pieces++] = to->end;
}

/* A body that is made of what looks like requests, each sent by itself. */
static void
invent_body(struct model *m, struct message *to)
{
	int count = 1 + (int)chance(PIECES - 2), i;
	char head[128];

	snprintf(head, sizeof(head), "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n%s\r\n",
	    (size_t)count * strlen(GET), to->kind == EXPECTS ? "Expect: 100-continue\r\n" : "");
	put(m, to, head);
	if (to->kind != BODY)
		end_piece(to);
	for (i = 0; i < count; i++) {
		put(m, to, GET);
		if (to->kind != BODY && i < count - 1)
			end_piece(to);
	}
}

static void
invent(struct model *m, bool ordinary)
{
	size_t at = 0;
	int i;

	memset(m, 0, sizeof(*m));
	m->messages = MESSAGES;
	m->pipelines = !ordinary && chance(4) == 0;
	for (i = 0; i < MESSAGES; i++) {
		struct message *to = &m->m[i];

		to->kind = chance(2) == 0 ? PLAIN : ordinary ? BODY : (enum kind)chance(KINDS);
		to->start = to->end = at;
		to->parts = 1 + (int)chance(3);
		if (to->kind == PLAIN)
			put(m, to, GET);
		else
			invent_body(m, to);
		end_piece(to);
		at = to->end;
	}
	m->serving = -1;
}

/* --- what can happen --- */

static bool
may_send(const struct model *m)
{
	if (m->sending == m->messages)
		return false;
	return m->pipelines || m->piece > 0 || m->serving == m->sending ||
	    (m->serving == -1 && m->sending == 0);
}

static void
client(struct model *m)
{
	struct message *to = &m->m[m->sending];

	if (!may_send(m))
		return;
	m->came = to->piece[m->piece++];
	m->received_at = m->now;
	m->acked = m->sent;		/* unless it crosses, its segment acknowledges all */
	if (m->piece == to->pieces) {
		m->piece = 0;
		m->sending++;
	}
}

static void
write_bytes(struct model *m, uint64_t count)
{
	m->sent += count;
	m->sent_at = m->now;
}

static void
worker_reads(struct model *m)
{
	size_t most = m->came - m->read;

	if (most > 0)
		m->read += chance(3) > 0 ? most : 1 + chance((unsigned)most);
	if (m->serving == -1)
		m->serving = 0;
}

/* It says something before it has read all: once 100 Continue, once an early answer, twice 103. */
static void
says_early(struct model *m, const struct message *to)
{
	if (to->kind == EXPECTS && !m->told)
		write_bytes(m, 25);
	else if (to->kind == REFUSED && !m->told)
		write_bytes(m, 300);
	else if (to->kind == INTERIM && m->interims++ < 2)
		write_bytes(m, 60);
	m->told = true;
}

static void
answer_part(struct model *m, const struct message *to)
{
	write_bytes(m, BOUNDARY_SHORTEST + chance(500));
	if (++m->part < to->parts)
		return;
	m->serving++;
	m->part = m->interims = 0;
	m->told = false;
}

static void
worker_writes(struct model *m)
{
	const struct message *to = &m->m[m->serving];

	if (m->serving == -1 || m->serving == m->messages || m->read <= to->start)
		return;
	if (m->read >= to->end)
		answer_part(m, to);
	else
		says_early(m, to);
}

static bool
is_true(const struct model *m)
{
	int i = m->serving == -1 ? 0 : m->serving;

	return m->part == 0 && !m->told && m->read == m->m[i].start && m->came == m->m[i].end;
}

static enum verdict
keeper(struct model *m)
{
	struct glimpse g = { .read = m->read, .sent = m->sent, .unread = m->came - m->read,
		.bytes = m->stream + m->read, .arrived = m->acked == m->sent,
		.crossed = m->received_at < m->sent_at, .open = true };

	return boundary_see(&m->b, &g);
}

/*
 * Between two looks at what waits there is time for the answers that a client that overlaps its
 * requests waits for: that its server takes longer is a limit that docs/drain.md names.
 */
static enum verdict
keeper_looks(struct model *m)
{
	enum verdict v = keeper(m);

	if (v != BOUNDARY_HOLD)
		return v;
	while (m->pipelines && m->serving >= 0 && m->serving < m->messages &&
	    m->read >= m->m[m->serving].end)
		worker_writes(m);
	return keeper(m);
}

/*
 * Returns whether it was carried; an untrue one is a failure. Clamped: the keeper holds back what comes
 * until it has looked, and looks often.
 */
static bool
history(struct model *m, bool clamped)
{
	bool held = false;
	int step;

	for (step = 0; step < STEPS; step++) {
		enum verdict v = BOUNDARY_WAIT;

		m->now += chance(4) == 0;
		switch (chance(5)) {
		case 0: client(m); break;
		case 1: if (!held) worker_reads(m); break;
		case 2: worker_writes(m); break;
		case 3: m->acked = m->sent; break;
		case 4: break;
		}
		if (clamped || chance(4) == 0)
			v = keeper_looks(m);
		if (clamped && (v == BOUNDARY_WAIT || v == BOUNDARY_SERVE))
			held = v != BOUNDARY_SERVE && m->came == m->read;
		if (v == BOUNDARY_CARRY && !is_true(m))
			cr_assert_fail("carried at byte %zu in message %d", m->read, m->serving);
		if (v == BOUNDARY_CARRY || v == BOUNDARY_NEVER)
			return v == BOUNDARY_CARRY;
	}
	return false;
}

Test(boundary, is_never_said_where_there_is_none, .timeout = 60)
{
	static struct model m;
	int i, yes = 0;

	seed = 88172645463325252ULL;
	for (i = 0; i < HISTORIES; i++) {
		invent(&m, false);
		yes += history(&m, false);
	}
	cr_log_info("%d of %d carried", yes, HISTORIES);
	cr_assert(yes > HISTORIES / 1000, "%d: these histories would prove nothing", yes);
}

Test(boundary, is_often_said_of_ordinary_clients, .timeout = 60)
{
	static struct model m;
	int i, yes = 0, count = 10000;

	seed = 362436069;
	for (i = 0; i < count; i++) {
		invent(&m, true);
		yes += history(&m, true);
	}
	cr_log_info("%d of %d carried", yes, count);
	cr_assert(yes > count / 4, "%d of %d", yes, count);
}

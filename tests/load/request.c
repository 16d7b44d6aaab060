/*
 * request.c - the life of one request: from due, over its connection, to counted. Nothing is tried again,
 * and each request reaches settle() exactly once.
 */
#include "tests/load/request.h"

#include "tests/load/judge.h"
#include "tests/load/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

static unsigned
number(const struct run *r, const struct connection *c)
{
	return (unsigned)(c - r->connections);
}

static void
watch(const struct run *r, const struct connection *c, int operation, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.u64 = number(r, c) };

	epoll_ctl(r->poll, operation, c->fd, &e);
}

static void
set_timer(struct run *r, struct connection *c, instant when)
{
	timers_set(&r->timers, number(r, c), when);
}

void
request_free_connection(struct run *r, struct connection *c, instant now)
{
	c->free_us = now;
	c->next_free = NULL;
	if (r->first_free)
		r->last_free->next_free = c;
	else
		r->first_free = c;
	r->last_free = c;
	set_timer(r, c, NEVER_US);
}

static instant
pause_us(const struct options *o)
{
	if (o->jitter_us == 0)
		return o->think_us;
	return o->think_us - o->jitter_us + (instant)(drand48() * 2.0 * (double)o->jitter_us);
}

static void
tell(const struct run *r, const struct connection *c, enum outcome outcome, instant now)
{
	if (!r->options->verbose || outcome == OK)
		return;
	fprintf(stderr, "load: %.6f s: %s after %.3f ms, from port %u",
	    (double)(now - r->start_us) / 1e6, outcome_name(outcome),
	    (double)(now - c->due_us) / 1e3, connection_port(c));
	if (outcome == BAD_STATUS)
		fprintf(stderr, ": %d", c->response.status);
	else if (outcome == BAD_CONTENT && c->response.why)
		fprintf(stderr, ": %s", c->response.why);
	else if (outcome == OTHER || outcome == RESET)
		fprintf(stderr, ": %s", strerror(c->error));
	fprintf(stderr, "\n");
}

/* The request on c is over: count it, and let the connection rest or end. */
static void
settle(struct run *r, struct connection *c, enum outcome outcome, instant latency_us)
{
	instant now = instant_now(), pause = pause_us(r->options);

	tally_add(&r->tally, outcome, marks_settle(&r->marks, c->mark), (uint64_t)latency_us);
	if (outcome == OTHER)
		tally_errno(&r->tally, c->error);
	tell(r, c, outcome, now);
	r->in_flight--;
	if (outcome == OK && r->options->mode == KEEPALIVE && !c->response.closes)
		c->state = KEPT;
	else
		connection_close(c);
	if (pause > 0)
		set_timer(r, c, now + pause);
	else
		request_free_connection(r, c, now);
}

static void
writable(struct run *r, struct connection *c)
{
	enum connection_state before = c->state;
	enum outcome outcome = connection_write(c, &r->target);

	if (before == CONNECTING && c->state != CONNECTING)
		r->tally.connections++;
	if (outcome != PENDING)
		settle(r, c, outcome, 0);
	else
		watch(r, c, EPOLL_CTL_MOD, c->state == RECEIVING ? EPOLLIN : EPOLLOUT);
}

/* A stream's latency is that of its first byte: its length is its own business. */
static void
readable(struct run *r, struct connection *c)
{
	bool stream = r->options->mode == STREAM, first = response_untouched(&c->response);
	enum outcome outcome = connection_read(c);
	instant now = instant_now();

	if (stream && first)
		c->first_us = now;
	if (outcome == OK)
		outcome = judge(r, c);
	if (outcome != PENDING)
		settle(r, c, outcome, (stream ? c->first_us : now) - c->due_us);
	else if (stream)
		set_timer(r, c, now + r->options->timeout_us);
}

/*
 * Connect for the request that c carries. What answers now is bound to be of the newest generation
 * that has answered completely, or newer.
 */
static void
open_connection(struct run *r, struct connection *c)
{
	enum outcome outcome;

	c->floor = r->tally.generations.newest;
	outcome = connection_open(c, &r->target);
	if (outcome != PENDING)
		settle(r, c, outcome, 0);
	else if (c->state == QUEUEING)
		set_timer(r, c, instant_now() + MILLISECOND_US);
	else
		watch(r, c, EPOLL_CTL_ADD, EPOLLOUT);
}

static void
drop_idle(struct run *r, struct connection *c)
{
	connection_close(c);
	r->tally.closed_idle++;
}

/* A kept connection is looked at just before: an end that has already arrived is no failure. */
void
request_begin(struct run *r, struct connection *c, instant due_us)
{
	if (c->state == KEPT && connection_ended(c))
		drop_idle(r, c);
	response_begin(&c->response);
	c->due_us = due_us;
	c->deadline_us = due_us + r->options->timeout_us;
	c->mark = r->marks.current;
	c->sent = 0;
	c->error = 0;
	r->in_flight++;
	set_timer(r, c, c->deadline_us);
	if (c->state == CLOSED) {
		open_connection(r, c);
	} else {
		c->state = SENDING;
		writable(r, c);
	}
}

void
request_elapsed(struct run *r, struct connection *c, instant now)
{
	switch (c->state) {
	case CLOSED:
	case KEPT:
		request_free_connection(r, c, now);
		return;
	case QUEUEING:
		if (now < c->deadline_us) {
			open_connection(r, c);
			return;
		}
		break;
	case CONNECTING:
	case SENDING:
	case RECEIVING:
		break;
	}
	settle(r, c, TIMED_OUT, 0);
}

void
request_event(struct run *r, struct connection *c)
{
	switch (c->state) {
	case CONNECTING:
	case SENDING:
		writable(r, c);
		break;
	case RECEIVING:
		readable(r, c);
		break;
	case KEPT:
		drop_idle(r, c);
		break;
	case CLOSED:
	case QUEUEING:
		break;
	}
}

void
request_end_streams(struct run *r, instant now)
{
	struct connection *c;
	size_t i;

	if (r->options->mode != STREAM || now < r->schedule.end_us ||
	    now - r->schedule.end_us < r->options->timeout_us)
		return;
	for (i = 0; i < r->options->connections; i++) {
		c = &r->connections[i];
		if (c->state != RECEIVING || response_untouched(&c->response))
			continue;
		r->tally.open_at_end++;
		settle(r, c, OK, c->first_us - c->due_us);
	}
}

/*
 * run.c - one run of the load, in one thread: wait, take what came, let time pass, begin what is due.
 * Nothing is tried again, and each request reaches tally_add exactly once, in settle() or in give_up_late().
 */
#include "tests/load/run.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

/* What an event is about, beside the connections' own numbers. */
enum { ABOUT_TIMER = 1 << 30, ABOUT_SIGNAL, ABOUT_MARKS };
enum { EVENTS_A_TURN = 256, SPARE_FILES = 32 };

static void
watch(struct run *r, int fd, int operation, uint32_t events, uint64_t about)
{
	struct epoll_event e = { .events = events, .data.u64 = about };

	epoll_ctl(r->poll, operation, fd, &e);
}

static unsigned
number(const struct run *r, const struct connection *c)
{
	return (unsigned)(c - r->connections);
}

static void
set_timer(struct run *r, struct connection *c, instant when)
{
	timers_set(&r->timers, number(r, c), when);
}

static void
make_free(struct run *r, struct connection *c, instant now)
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

static struct connection *
take_free(struct run *r)
{
	struct connection *c = r->first_free;

	r->first_free = c->next_free;
	return c;
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
		make_free(r, c, now);
}

static bool
as_expected(const struct run *r, const struct connection *c)
{
	regmatch_t span = { 0 };
	size_t size;
	const char *body;

	if (!r->options->expect)
		return true;
	body = response_body(&c->response, &size);
	span.rm_eo = (regoff_t)size;
	return regexec(&r->expect, body, 1, &span, REG_STARTEND) == 0;
}

/* Count the generation of a complete, good answer, and hold it against what came before. */
static enum outcome
judge_generation(struct run *r, struct connection *c)
{
	uint64_t generation;

	if (!response_number(&c->response, r->options->generation, &generation)) {
		c->response.why = "no generation in it";
		return BAD_CONTENT;
	}
	generations_add(&r->tally.generations, generation);
	if (r->options->ordered && generation < c->floor)
		return BAD_ORDER;
	c->floor = generation;
	return OK;
}

/* A complete response: what is it worth? */
static enum outcome
judge(struct run *r, struct connection *c)
{
	if (c->response.status < 200 || c->response.status > 299) {
		r->tally.statuses[c->response.status]++;
		return BAD_STATUS;
	}
	if (!as_expected(r, c)) {
		c->response.why = "not the expected body";
		return BAD_CONTENT;
	}
	return r->options->generation ? judge_generation(r, c) : OK;
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
		watch(r, c->fd, EPOLL_CTL_MOD, c->state == RECEIVING ? EPOLLIN : EPOLLOUT,
		    number(r, c));
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
		watch(r, c->fd, EPOLL_CTL_ADD, EPOLLOUT, number(r, c));
}

static void
drop_idle(struct run *r, struct connection *c)
{
	connection_close(c);
	r->tally.closed_idle++;
}

/*
 * Begin the request that was due at due_us. A kept connection is looked at just before, as careful
 * clients do: an end that has already arrived is no failure, one that crosses the request is.
 */
static void
begin(struct run *r, struct connection *c, instant due_us)
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

/* The timer of c fired: a pause is over, a full queue may have room, or a deadline has passed. */
static void
elapsed(struct run *r, struct connection *c, instant now)
{
	switch (c->state) {
	case CLOSED:
	case KEPT:
		make_free(r, c, now);
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

static void
socket_event(struct run *r, struct connection *c)
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

static void
read_marks(struct run *r)
{
	char bytes[4096];
	ssize_t n = read(STDIN_FILENO, bytes, sizeof bytes);

	if (n > 0)
		marks_feed(&r->marks, bytes, (size_t)n);
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		epoll_ctl(r->poll, EPOLL_CTL_DEL, STDIN_FILENO, NULL);
	if (r->marks.stop)
		schedule_stop(&r->schedule, instant_now());
}

/* The first signal ends the run in order, the next one at once. */
static void
take_signal(struct run *r)
{
	struct signalfd_siginfo info;
	sigset_t all;

	if (read(r->signals, &info, sizeof info) != sizeof info)
		return;
	schedule_stop(&r->schedule, instant_now());
	sigemptyset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
}

static void
take_event(struct run *r, uint64_t about)
{
	uint64_t ticks;

	if (about == ABOUT_TIMER) {
		if (read(r->timer, &ticks, sizeof ticks) == -1)
			return;
	} else if (about == ABOUT_SIGNAL) {
		take_signal(r);
	} else if (about == ABOUT_MARKS) {
		read_marks(r);
	} else {
		socket_event(r, &r->connections[about]);
	}
}

/* In an open loop, what found no free connection until its deadline has timed out, unsent. */
static void
give_up_late(struct run *r, instant now)
{
	instant due;

	while (schedule_next(&r->schedule) < now - r->options->timeout_us) {
		schedule_take(&r->schedule, now, now, &due);
		tally_add(&r->tally, TIMED_OUT, r->marks.current, 0);
	}
}

static void
begin_due(struct run *r, instant now)
{
	size_t tries = r->options->connections;
	instant due;

	/* a bounded number: where each request fails at once, the loop must still look at its events */
	while (tries-- > 0 && r->first_free &&
	       schedule_take(&r->schedule, now, r->first_free->free_us, &due))
		begin(r, take_free(r), due);
}

/* Streams that still flow a timeout after the end of the run have not been cut: they are ok. */
static void
end_streams(struct run *r, instant now)
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

static instant
next_moment(const struct run *r, instant second)
{
	unsigned c;
	instant first = timers_first(&r->timers, &c), due = schedule_next(&r->schedule);

	if (due != NEVER_US && !r->first_free)
		due += r->options->timeout_us;
	if (second < first)
		first = second;
	if (r->first_free && r->schedule.interval_us == 0 &&
	    !schedule_finished(&r->schedule, instant_now()))
		return 1; /* begin_due() has more to do */
	return due < first ? due : first;
}

static void
wait_until(struct run *r, instant when)
{
	struct itimerspec at = { .it_value = { when / SECOND_US, when % SECOND_US * 1000 } };
	struct epoll_event events[EVENTS_A_TURN];
	int i, n;

	timerfd_settime(r->timer, TFD_TIMER_ABSTIME, &at, NULL);
	n = epoll_wait(r->poll, events, EVENTS_A_TURN, -1);
	for (i = 0; i < n; i++)
		take_event(r, events[i].data.u64);
}

static void
pass_time(struct run *r, instant now)
{
	unsigned first;

	while (timers_first(&r->timers, &first) <= now)
		elapsed(r, &r->connections[first], now);
	give_up_late(r, now);
	begin_due(r, now);
	end_streams(r, now);
}

void
run_go(struct run *r, void (*each_second)(const struct run *))
{
	const struct options *o = r->options;
	instant now = instant_now(), second = now + SECOND_US;
	size_t i;

	r->start_us = now;
	schedule_begin(&r->schedule, now, o->rate, o->duration_us, o->requests);
	for (i = 0; i < o->connections; i++) {
		/* not all in step: the pauses of the first round are spread */
		if (o->think_us)
			set_timer(r, &r->connections[i],
			    now + o->think_us * (instant)i / (instant)o->connections);
		else
			make_free(r, &r->connections[i], now);
	}
	pass_time(r, now);
	while (r->in_flight > 0 || !schedule_finished(&r->schedule, instant_now())) {
		wait_until(r, next_moment(r, second));
		now = instant_now();
		pass_time(r, now);
		r->end_us = now;
		if (now >= second) {
			each_second(r);
			second += SECOND_US;
		}
	}
	r->end_us = instant_now();
}

/* As many descriptors as the system lets us have. */
static int
allow_files(uint64_t connections)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) == -1)
		return -1;
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	return connections + SPARE_FILES <= files.rlim_cur ? 0 : -1;
}

static int
open_sources(struct run *r)
{
	sigset_t ending;

	sigemptyset(&ending);
	sigaddset(&ending, SIGINT);
	sigaddset(&ending, SIGTERM);
	sigprocmask(SIG_BLOCK, &ending, NULL);
	signal(SIGPIPE, SIG_IGN);
	r->poll = epoll_create1(EPOLL_CLOEXEC);
	r->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	r->signals = signalfd(-1, &ending, SFD_CLOEXEC | SFD_NONBLOCK);
	if (r->poll == -1 || r->timer == -1 || r->signals == -1)
		return -1;
	watch(r, r->timer, EPOLL_CTL_ADD, EPOLLIN, ABOUT_TIMER);
	watch(r, r->signals, EPOLL_CTL_ADD, EPOLLIN, ABOUT_SIGNAL);
	if (r->options->marks)
		watch(r, STDIN_FILENO, EPOLL_CTL_ADD, EPOLLIN, ABOUT_MARKS);
	return 0;
}

int
run_begin(struct run *r, const struct options *o, const char **why)
{
	size_t i;

	memset(r, 0, sizeof *r);
	r->options = o;
	if (target_parse(&r->target, o->url, o->mode == KEEPALIVE, why) == -1)
		return -1;
	*why = "the first mark is no label of letters, digits, '_', '.' and '-'";
	if (marks_begin(&r->marks, o->mark) == -1)
		return -1;
	*why = "--expect is no regular expression";
	if (o->expect && regcomp(&r->expect, o->expect, REG_EXTENDED) != 0)
		return -1;
	*why = "the system allows fewer open files than --connections";
	if (allow_files(o->connections) == -1)
		return -1;
	*why = "there is not enough memory";
	r->connections = calloc(o->connections, sizeof *r->connections);
	if (!r->connections || timers_begin(&r->timers, o->connections) == -1)
		return -1;
	for (i = 0; i < o->connections; i++)
		r->connections[i].fd = -1;
	*why = "the system gives no epoll, timer or signal descriptor";
	return open_sources(r);
}

void
run_free(struct run *r)
{
	size_t i;

	for (i = 0; i < r->options->connections; i++) {
		connection_close(&r->connections[i]);
		response_free(&r->connections[i].response);
	}
	free(r->connections);
	timers_free(&r->timers);
	if (r->options->expect)
		regfree(&r->expect);
	close(r->poll);
	close(r->timer);
	close(r->signals);
}

/*
 * run.c - one run of the load, in one thread: wait, take what came, let time pass, begin what is due.
 * The life of a single request is request.c's.
 */
#include "tests/load/run.h"

#include "tests/load/request.h"

#include <errno.h>
#include <signal.h>
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

static struct connection *
take_free(struct run *r)
{
	struct connection *c = r->first_free;

	r->first_free = c->next_free;
	return c;
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
		request_event(r, &r->connections[about]);
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
		request_begin(r, take_free(r), due);
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
		request_elapsed(r, &r->connections[first], now);
	give_up_late(r, now);
	begin_due(r, now);
	request_end_streams(r, now);
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
			timers_set(&r->timers, (unsigned)i,
			    now + o->think_us * (instant)i / (instant)o->connections);
		else
			request_free_connection(r, &r->connections[i], now);
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

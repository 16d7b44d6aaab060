/* boot.c - from exec to the first event. */
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/role.h"
#include "base/text.h"
#include "init/boot.h"
#include "init/command.h"
#include "init/helpers.h"
#include "init/init.h"
#include "init/injection.h"
#include "init/publishing.h"
#include "init/signals.h"
#include "init/tier.h"

extern char **environ;

/* All of PID 1's memory: nothing is allocated after boot. */
static struct options options;
static struct init all;

static unsigned
ready_by(int ready)
{
	switch (ready) {
	case OPTION_READY_NOTIFY:
		return READY_BY_NOTIFY;
	case OPTION_READY_ACCEPT:
	case OPTION_READY_HTTP:
		return READY_BY_PROBE;
	default:
		return READY_BY_NOTIFY | READY_BY_PROBE;
	}
}

static struct policy
policy_of(const struct options *o)
{
	bool builds = o->watch != NULL || o->build != NULL;

	return (struct policy){
		.patience = { o->ready_timeout, o->keep_warm, o->drain_timeout, o->stop_timeout },
		.ready = ready_by(o->ready),
		.slots = o->slots,
		.most_draining = o->max_draining,
		.retry = o->restart_delay,
		.retry_most = o->restart_delay_most,
		.restart_limit = o->restart_limit,
		.restart_window = o->restart_window,
		.grace = o->stop_timeout,
		.lameduck = o->lameduck,
		.patient = builds,
		.plain_ends = !builds && o->listens == 0 && !options_given(o, "RESTART"),
	};
}

static void
clear_state(struct state *st)
{
	int i;

	st->size = sizeof(*st);
	text_copy(st->version, sizeof(st->version), BATON_VERSION);
	st->pid = getpid();
	st->booted = clock_now();
	st->steer.probe_slot = -1;
	st->last_failure_lines = -1;
	for (i = 0; i < HELPERS; i++)
		helpers_record(st, i)->channel = -1;
	for (i = 0; i < CLIENTS; i++)
		st->clients[i].socket = -1;
	for (i = 0; i < GENERATIONS; i++)
		st->keepers[i].channel = -1;
}

/* What this runtime allows decides how generations come to their sockets. */
static int
find_tier(struct state *st, const struct options *o)
{
	struct injection found;
	bool inject = o->adopt != OPTION_ADOPT_ENV && o->adopt != OPTION_ADOPT_OFF &&
	    injection_try(&found);

	st->steering = listener_steering_works();
	text_copy(st->tier, sizeof(st->tier), tier_name(inject, st->steering));
	if (o->adopt == OPTION_ADOPT_INJECT && !inject) {
		log_line(LOG_ERROR, "BATON_ADOPT=inject: this runtime does not allow it (no "
		    "seccomp user notification); auto would offer LISTEN_FDS instead");
		return EXIT_CONFIGURATION;
	}
	return 0;
}

static int
open_declared(struct init *init)
{
	const struct options *o = init->options;
	struct state *st = &init->state;
	char text[ADDRESS_TEXT];
	int i;

	for (i = 0; i < o->listens; i++) {
		struct listener *l = &st->listeners[st->listener_count];

		l->declared = true;
		text_copy(l->name, sizeof(l->name), o->listen[i].name);
		address_print(text, &o->listen[i].address);
		if (listener_open(l, &o->listen[i].address,
		    st->steering ? o->slots : 0) == -1) {
			log_line(LOG_ERROR, "cannot listen on %s (BATON_LISTEN): %m", text);
			return EXIT_FAILED;
		}
		st->listener_count++;
	}
	if (o->listens > 0)
		init_event(init, (struct event){ .type = EVENT_LISTENING });
	return 0;
}

static int
prepare(struct init *init)
{
	struct policy policy = policy_of(init->options);
	struct state *st = &init->state;
	int status;

	clear_state(st);
	service_begin(&st->service, &policy);
	if ((init->signals = signals_open()) == -1) {
		log_line(LOG_ERROR, "cannot receive signals: %m");
		return EXIT_FAILED;
	}
	if (getpid() != 1 && prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == -1)
		log_line(LOG_WARNING, "orphans will not be reaped: baton is not PID 1 and cannot "
		    "be a subreaper: %m");
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if ((status = find_tier(st, init->options)) != 0 || (status = open_declared(init)) != 0)
		return status;
	init->control = control_open(init->options->control, init->options->releases,
	    &init->place);
	log_line(LOG_INFO, "%s, tier %s%s", BATON_VERSION, st->tier,
	    st->steering ? "" : ": connections of all generations wait in one queue");
	return 0;
}

/* The helpers end by themselves when their channels close; a build needs a moment to be ended. */
static void
end_helpers(struct init *init)
{
	enum { PATIENCE_MS = 2000 };
	struct pollfd p = { .fd = init->signals, .events = POLLIN };
	msec until = clock_now() + PATIENCE_MS;
	struct state *st = &init->state;
	struct signalfd_siginfo drained;
	int status;
	pid_t pid;

	helpers_close(init);
	while ((st->watch.pid > 0 || st->store.pid > 0 || st->probe.pid > 0) &&
	    clock_now() < until) {
		poll(&p, 1, clock_patience(until, clock_now()));
		while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
			st->watch.pid = pid == st->watch.pid ? 0 : st->watch.pid;
			st->store.pid = pid == st->store.pid ? 0 : st->store.pid;
			st->probe.pid = pid == st->probe.pid ? 0 : st->probe.pid;
		}
		while (read(init->signals, &drained, sizeof(drained)) > 0)
			;
	}
	if (st->watch.pid > 0)
		kill(st->watch.pid, SIGKILL);
	if (st->store.pid > 0)
		kill(st->store.pid, SIGKILL);
	if (init->control != -1 && init->place.address.sun_path[0] != '\0')
		unlink(init->place.address.sun_path);
}

int
boot(char *const command[])
{
	int status;

	fd_close_from(STDERR_FILENO + 1);
	if (role_boot(0) == -1)
		log_line(LOG_WARNING, "cannot open /proc/self/exe: %m");
	if (options_read(&options, environ, options_report_log) > 0)
		return EXIT_CONFIGURATION;
	log_open((enum log_level)options.log_level, options.log == OPTION_LOG_JSON);
	all.options = &options;
	all.command = command;
	if ((status = prepare(&all)) != 0)
		return status;
	publishing_begin(&all);
	status = init_run(&all);
	end_helpers(&all);
	return status;
}

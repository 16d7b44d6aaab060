/* boot.c - from exec to the first event, and from the last one to the exit. */
#include <sys/prctl.h>
#include <sys/wait.h>

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/role.h"
#include "base/text.h"
#include "base/user.h"
#include "init/boot.h"
#include "init/command.h"
#include "init/ending.h"
#include "init/helpers.h"
#include "init/identity.h"
#include "init/init.h"
#include "init/publishing.h"
#include "init/roles.h"
#include "init/signals.h"
#include "init/spread.h"
#include "init/tier.h"
#include "init/upward.h"

extern char **environ;

/* All of PID 1's memory: nothing is allocated after boot. */
static struct config config;
static struct init all;

size_t
state_size(const struct state *st)
{
	return offsetof(struct state, services) +
	    (size_t)st->service_count * sizeof(st->services[0]);
}

static unsigned
ready_by(int ready)
{
	switch (ready) {
	case OPTION_READY_NOTIFY:
		return READY_BY_NOTIFY;
	case OPTION_READY_ACCEPT:
	case OPTION_READY_HTTP:
	case OPTION_READY_EXEC:
	case OPTION_READY_DELAY:
		return READY_BY_PROBE;
	default:
		return READY_BY_NOTIFY | READY_BY_PROBE;
	}
}

/* A job whose sockets are its own business is never heard of: that it runs has to do. */
static msec
ready_within(const struct options *o)
{
	enum { IT_RUNS_MS = 1000 };

	return o->listens == 0 && o->adopt == OPTION_ADOPT_OFF && o->ready == OPTION_READY_AUTO &&
	    o->ready_timeout > IT_RUNS_MS ? IT_RUNS_MS : o->ready_timeout;
}

static struct policy
policy_of(const struct options *o)
{
	bool builds = o->watch != NULL || o->build != NULL;

	struct policy p = {
		.patience = { ready_within(o), o->keep_warm, o->drain_timeout, o->stop_timeout },
		.ready = ready_by(o->ready),
		.slots = o->slots,
		.most_draining = o->max_draining,
		.retry = o->restart_delay,
		.retry_most = o->restart_delay_most,
		.restart_limit = o->restart == OPTION_RESTART_NEVER ? 0 : o->restart_limit,
		.restart_window = o->restart_window,
		.grace = o->stop_timeout,
		.lameduck = o->lameduck,
		.patient = builds,
		.silent = o->listens == 0 && o->ready == OPTION_READY_AUTO,
		.plain_ends = !builds && o->listens == 0 && !roles_restart_plain(o, config.count),
		.done_ends = !builds && o->restart != OPTION_RESTART_ALWAYS,
		.max_age = o->max_age,
		.canary = o->canary,
		.places = o->strategy == OPTION_STRATEGY_ROLLING ? o->workers : 0,
	};

	memcpy(p.exit_ok, o->exit_ok, sizeof(p.exit_ok));
	return p;
}

static void
begin_service(struct served *sv, const struct service_config *c)
{
	struct policy policy = policy_of(&c->options);
	int i;

	text_copy(sv->name, sizeof(sv->name), c->name);
	sv->critical = c->critical;
	sv->steer.probe_slot = -1;
	sv->last_failure_lines = -1;
	for (i = 0; i < HELPERS; i++)
		helpers_record(sv, i)->channel = -1;
	for (i = 0; i < GENERATIONS; i++)
		sv->keepers[i].channel = -1;
	service_begin(&sv->service, &policy);
}

static void
begin_state(struct state *st)
{
	int i;

	text_copy(st->version, sizeof(st->version), BATON_VERSION);
	st->pid = getpid();
	st->booted = clock_now();
	for (i = 0; i < CLIENTS; i++)
		st->clients[i].socket = -1;
	st->service_count = config.count;
	for (i = 0; i < config.count; i++)
		begin_service(&st->services[i], &config.services[i]);
	st->size = (uint32_t)state_size(st);
}

/* Of a UNIX socket: who was given, else who workers run as; names are looked up. */
static int
find_owner(struct listener_wish *wish, const struct option_listen *listen, const struct options *o)
{
	const char *owner = *listen->owner != '\0' ? listen->owner : o->user;
	struct user u;
	char why[160];

	if (listen->address.family != AF_UNIX || owner == NULL)
		return 0;
	if (user_find(&u, owner, "/etc/passwd", "/etc/group", why, sizeof(why)) == -1) {
		log_line(LOG_ERROR, "BATON_LISTEN: owner=%s: %s", owner, why);
		return -1;
	}
	wish->rights.uid = (int)u.uid;
	wish->rights.gid = (int)u.gid;
	return 0;
}

static const char *
why_not(const struct address *a, int code)
{
	static char why[128];

	if (a->family == AF_UNIX && code == EEXIST)
		return "there is a file that is no socket";
	if (a->family == AF_UNIX && code == EADDRINUSE)
		return "somebody else listens there";
	if (a->family == AF_UNIX && code == ENAMETOOLONG) {
		snprintf(why, sizeof(why), "a path may have %d bytes at most, names of slots are "
		    "made from it", ADDRESS_PATH_MOST - UNIX_SUFFIX);
		return why;
	}
	return strerror(code);
}

static int
open_one(struct init *init, struct served *sv, const struct option_listen *listen)
{
	const struct options *o = init_options(init, sv);
	struct listener *l = &sv->listeners[sv->listener_count];
	char text[ADDRESS_TEXT];

	l->declared = true;
	l->width = spread_width(o);
	l->wish = listen->wish;
	text_copy(l->name, sizeof(l->name), listen->name);
	address_print(text, &listen->address);
	if (find_owner(&l->wish, listen, o) == -1)
		return EXIT_CONFIGURATION;
	if (listener_open(l, &listen->address, init->state.steering ? o->slots : 0) == 0) {
		sv->listener_count++;
		if (listen->address.family == AF_UNIX)
			spread_path(sv, o, text);
		return 0;
	}
	log_line(LOG_ERROR, "%s: cannot listen on %s (BATON_LISTEN): %s", sv->name, text,
	    why_not(&listen->address, errno));
	return EXIT_FAILED;
}

static int
open_declared(struct init *init, struct served *sv)
{
	const struct options *o = init_options(init, sv);
	int i, status;

	for (i = 0; i < o->listens; i++)
		if ((status = open_one(init, sv, &o->listen[i])) != 0) {
			ending_remove(sv);
			return status;
		}
	if (o->listens > 0)
		init_event(init, sv, (struct event){ .type = EVENT_LISTENING });
	return 0;
}

/* Under another init, or beside others in a process namespace. */
static void
become_reaper(struct init *init)
{
	siginfo_t info;

	if (init->state.pid == 1)
		return;
	/* a shell that executes baton leaves it its background jobs: they are not ours to end */
	init->had_children = waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == -1)
		log_line(LOG_WARNING, "orphans will not be reaped: baton is not PID 1 and cannot "
		    "be a subreaper: %m");
}

static int
prepare(struct init *init)
{
	const struct options *o = &config.plain;
	struct state *st = &init->state;
	int status, i;

	if ((init->signals = signals_open()) == -1) {
		log_line(LOG_ERROR, "cannot receive signals: %m");
		return EXIT_FAILED;
	}
	become_reaper(init);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (o->parent_death_signal != 0)
		prctl(PR_SET_PDEATHSIG, o->parent_death_signal);
	if ((status = tier_find(init)) != 0)
		return status;
	for (i = 0; i < st->service_count; i++)
		if ((status = open_declared(init, &st->services[i])) != 0)
			return status;
	return 0;
}

/* What nobody waits for: after the command was started. */
static void
prepare_rest(struct init *init, char *const arguments[])
{
	if (role_hold_binary() == -1)
		log_line(LOG_WARNING, "cannot open baton's own binary: %m; nothing can be probed, "
		    "watched or built");
	upgrade_learn(init, arguments);
	upward_open(init);
	init->control = place_open(config.plain.control, config.plain.releases, &init->place);
	role_leave();
}

/* Who is not in /etc/passwd is not there for any generation: say so before anything is done. */
static int
check_identities(options_report *report)
{
	char why[256];
	int errors = 0, i;

	for (i = 0; i < config.count; i++)
		if (identity_check(&config.services[i].options, why, sizeof(why)) == -1) {
			report(why);
			errors++;
		}
	return errors;
}

struct init *
boot_begin(char *const command[], options_report *report)
{
	int errors = config_read(&config, environ, command, report);

	errors += check_identities(report);
	if (errors > 0)
		return NULL;
	log_open((enum log_level)config.plain.log_level,
	    config.plain.log == OPTION_LOG_JSON);
	all.config = &config;
	all.signals = all.control = all.upward.socket = -1;
	upgrade_begin(&all.upgrade);
	begin_state(&all.state);
	return &all;
}

void
boot_facts(struct init *init)
{
	const struct served *sv;
	int i;

	for (i = 0; i < init->state.service_count; i++) {
		sv = &init->state.services[i];
		config.services[i].options.slots = sv->service.policy.slots;
		/* the machine may have another count of processors by now */
		if (sv->listener_count > 0 && sv->listeners[0].width > 1)
			config.services[i].options.workers = sv->listeners[0].width;
	}
}

int
boot_serve(struct init *init)
{
	int status = init_run(init);

	ending_finish(init);
	return status;
}

int
boot(char *const command[], char *const arguments[])
{
	int status, i;

	role_boot(0);
	if (boot_begin(command, options_report_log) == NULL)
		return EXIT_CONFIGURATION;
	if ((status = prepare(&all)) != 0)
		return status;
	for (i = 0; i < all.state.service_count; i++)
		publishing_begin(&all, &all.state.services[i]);
	init_settle(&all);
	prepare_rest(&all, arguments);
	return boot_serve(&all);
}

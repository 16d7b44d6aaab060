/* roles.c - how the configuration becomes what each role is told. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/role.h"
#include "base/text.h"
#include "handoff/checkup.h"
#include "handoff/keeper.h"
#include "handoff/probe.h"
#include "handoff/relay.h"
#include "init/command.h"
#include "init/config.h"
#include "init/identity.h"
#include "init/roles.h"
#include "init/spread.h"
#include "watcher/build.h"
#include "watcher/live.h"
#include "watcher/store.h"
#include "watcher/warden.h"
#include "watcher/watch.h"

extern char **environ;

static struct config all;
static const char *const *others;	/* all that builds are kept away from; ends with NULL */

/* A role reads the same environment that PID 1 read without an error; argv[1] says whose it is. */
static const struct options *
configure(int argc, char *const argv[])
{
	const struct options *o = NULL;
	int i;

	if (config_read(&all, environ, NULL, options_report_log) > 0)
		exit(EXIT_CONFIGURATION);
	for (i = 0; i < all.count && argc > 1; i++)
		if (all.count == 1 || strcmp(all.services[i].name, argv[1]) == 0)
			o = &all.services[i].options;
	if (o == NULL)
		exit(EXIT_USAGE);
	log_open((enum log_level)o->log_level, o->log == OPTION_LOG_JSON);
	log_about(all.count > 1 ? argv[1] : NULL);
	return o;
}

static int
number(int argc, char *const argv[], int at)
{
	return at < argc ? atoi(argv[at]) : 0;
}

bool
roles_restart_plain(const struct options *o, int services)
{
	if (o->restart == OPTION_RESTART_NEVER)
		return false;
	return services > 1 || options_given(o, "RESTART");
}

static void
take_names(struct keeper_config *c, const struct options *o)
{
	int i;

	_Static_assert((int)KEEPER_NAMES == (int)OPTION_LISTENS &&
	    (int)KEEPER_NAME == (int)OPTION_LISTEN_NAME, "a place for each name");
	c->name_count = o->listens;
	for (i = 0; i < o->listens; i++) {
		c->names[i].address = o->listen[i].address;
		memcpy(c->names[i].name, o->listen[i].name, sizeof(c->names[i].name));
	}
}

/* Not in the table: a keeper is forked from PID 1, and has read all it needs. */
int
roles_keep(const struct options *o, char *const command[], const char *service, uint32_t serial,
    int32_t release, int services)
{
	static char path[PATH_MAX], below[PATH_MAX], why[160];
	struct keeper_config config = {
		.service = service,
		.serial = serial,
		.release = release,
		.workers = o->workers,
		.command = command,
		.live = o->live,
		.adopt = (enum adopt)o->adopt,
		.announce = o->adopt == OPTION_ADOPT_OFF &&
		    (o->ready == OPTION_READY_EXEC || o->ready == OPTION_READY_DELAY),
		.learn = o->listens == 0,
		.restart = (enum restart_when)o->restart,
		.restart_plain = roles_restart_plain(o, services),
		.restart_policy = { o->restart_delay, o->restart_delay_most, o->restart_limit,
		    o->restart_window },
		.stop_signal = o->stop_signal,
		.stop_timeout = o->stop_timeout,
		.drain_timeout = o->drain_timeout,
		.signal_group = o->signal_group,
		.memory = o->memory,
		.quiet = o->quiet,
		.carry = o->connections == OPTION_CONNECTIONS_CARRY,
		.directory = o->directory,
		.sockets = o->socket_dir,
		.watchdog = o->watchdog,
		.capture = o->listens > 0 || o->watch != NULL || o->build != NULL,
	};

	memcpy(config.exit_ok, o->exit_ok, sizeof(config.exit_ok));
	take_names(&config, o);
	/* a later generation is somebody's request, who wants to see why it failed */
	config.capture |= config.serial > 1;
	role_enter();
	if (config.release != 0 &&
	    store_path(below, sizeof(below), o->releases, config.release) == 0 &&
	    realpath(below, path) != NULL)
		config.release_path = path;
	if (config.release != 0 && config.release_path == NULL)
		config.refused = "its release is not there any more (BATON_RELEASES)";
	else if (identity_assume(o, why, sizeof(why)) == -1)
		config.refused = why;
	return keeper_run(&config);
}

static void
keep_away(const char *path)
{
	static const char *kept[SERVICES * (OPTION_LISTENS + 2) + 3];
	static size_t count;

	if (path != NULL && *path != '\0')
		kept[count++] = path;
	others = kept;
}

/* What belongs to the services, all of them: a build that writes it there has it served. */
static void
keep_all_away(void)
{
	const struct options *o;
	int i, j;

	for (i = 0; i < all.count; i++) {
		o = &all.services[i].options;
		keep_away(o->live);
		keep_away(o->live != NULL || o->build != NULL ? o->releases : NULL);
		for (j = 0; j < o->listens; j++)
			keep_away(o->listen[j].address.path);
	}
	keep_away(all.plain.control);
	keep_away(all.plain.socket_dir);
}

static struct watch_config
watch_config(const struct options *o, const char *service, int32_t live)
{
	if (others == NULL)
		keep_all_away();
	return (struct watch_config){
		.service = service,
		.others = others,
		.roots = o->watch,
		.extensions = o->watch_ext,
		.ignore = o->watch_ignore,
		.watch_mode = (enum watch_mode)o->watch_mode,
		.delay = o->watch_delay,
		.interval = o->watch_interval,
		.build = o->build,
		.build_timeout = o->build_timeout,
		.build_on_start = (enum build_start)o->build_on_start,
		.busy_restart = o->build_busy == OPTION_BUSY_RESTART,
		.reload_only = o->reload_only != NULL && strcmp(o->reload_only, "on") == 0 ? "*" :
		    o->reload_only,
		.live = o->live,
		.releases = o->releases,
		.keep = o->releases_keep,
		.assets = o->assets,
		.live_release = live,
		.sandbox = {
			.mode = (enum sandbox_mode)o->sandbox,
			.read = o->sandbox_read,
			.write = o->sandbox_write,
			.env = o->sandbox_env,
			.user = o->sandbox_user,
			.net = o->sandbox_net == OPTION_NET_ALL,
			.memory_bytes = o->sandbox_memory,
			.disk_bytes = o->sandbox_disk,
			.processes = o->sandbox_processes,
			.cpu_percent = o->sandbox_cpu,
		},
	};
}

/* watch SERVICE LIVE */
int
role_watch(int argc, char *const argv[])
{
	struct watch_config c = watch_config(configure(argc, argv), argv[1], number(argc, argv, 2));

	return watch_run(&c);
}

/* warden SERVICE CGROUP */
int
role_warden(int argc, char *const argv[])
{
	struct watch_config c = watch_config(configure(argc, argv), argv[1], 0);

	return warden_run(&c, argc > 2 ? argv[2] : "");
}

/* builder SERVICE NUMBER CGROUP */
int
role_builder(int argc, char *const argv[])
{
	struct watch_config c = watch_config(configure(argc, argv), argv[1], 0);

	return build_run(&c, number(argc, argv, 2), argc > 3 ? argv[3] : NULL);
}

/* store SERVICE import | store SERVICE publish NUMBER | store SERVICE unite IN_USE */
int
role_store(int argc, char *const argv[])
{
	struct watch_config c = watch_config(configure(argc, argv), argv[1], 0);

	c.in_use = argc > 3 ? argv[3] : NULL;
	return store_run(&c, argc > 2 ? argv[2] : "", number(argc, argv, 3));
}

/* The addresses of a list with commas; -1 when one of them is none. */
static int
read_targets(const char *list, struct address *to)
{
	char one[ADDRESS_TEXT];
	int count = 0;
	size_t length;

	for (; *list != '\0'; list += length + (list[length] == ',')) {
		length = strcspn(list, ",");
		if (count == RELAY_TARGETS || length >= sizeof(one))
			return -1;
		memcpy(one, list, length);
		one[length] = '\0';
		if (address_parse(&to[count++], one) == -1)
			return -1;
	}
	return count;
}

/* What the workers may do, so may the command that looks after them, and no more. */
static int
run_checkup(const struct options *o, const struct address *targets, int count, char *const argv[])
{
	struct checkup c = { .command = o->ready_command, .directory = o->directory,
		.most = o->ready_timeout, .targets = targets, .count = count,
		.first = atoi(argv[4]), .end = atoi(argv[5]) };
	char why[160];
	unsigned serial = 0;
	int release = 0, relayed = 0;

	sscanf(argv[3], "exec %u %d %d", &serial, &release, &relayed);
	c.generation = serial;
	c.release = release;
	c.relayed = relayed != 0;
	if (identity_assume(o, why, sizeof(why)) == -1)
		log_die(1, "probe: %s", why);
	return checkup_run(&c);
}

/*
 * probe SERVICE ADDRESS,ADDRESS... HOW FIRST END [watch]: the workers first .. end - 1; HOW is "accept",
 * a path, "delay", "exec SERIAL RELEASE RELAYED", and with watch one of the first two
 */
int
role_probe(int argc, char *const argv[])
{
	struct address targets[RELAY_TARGETS];
	const struct options *o = configure(argc, argv);
	int count;

	if (argc < 6 || argc > 7 || (count = read_targets(argv[2], targets)) == -1)
		return EXIT_USAGE;
	if (argc == 7)
		return probe_watch(targets, count, argv[3], spread_width(o));
	if (text_begins(argv[3], "exec "))
		return run_checkup(o, targets, count, argv);
	if (strcmp(argv[3], "delay") == 0)
		return probe_delay(o->ready_delay);
	return probe_run(targets, count, argv[3], atoi(argv[4]), atoi(argv[5]));
}

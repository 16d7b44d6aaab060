/* roles.c - how the configuration becomes what each role is told. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/role.h"
#include "handoff/keeper.h"
#include "handoff/launch.h"
#include "handoff/probe.h"
#include "init/command.h"
#include "init/options.h"
#include "init/roles.h"
#include "watcher/build.h"
#include "watcher/live.h"
#include "watcher/store.h"
#include "watcher/watch.h"

extern char **environ;

static struct options options;

/* A role reads the same environment that PID 1 read without an error. */
static const struct options *
configure(void)
{
	if (options_read(&options, environ, options_report_log) > 0)
		exit(EXIT_CONFIGURATION);
	log_open((enum log_level)options.log_level, options.log == OPTION_LOG_JSON);
	return &options;
}

static int
number(int argc, char *const argv[], int at)
{
	return at < argc ? atoi(argv[at]) : 0;
}

/* keeper SERIAL RELEASE -- COMMAND... */
int
role_keeper(int argc, char *const argv[])
{
	enum { SERIAL = 1, RELEASE, DASHES, COMMAND };
	const struct options *o = configure();
	static char path[PATH_MAX], below[PATH_MAX];
	struct keeper_config config = {
		.serial = (uint32_t)number(argc, argv, SERIAL),
		.release = number(argc, argv, RELEASE),
		.workers = o->workers,
		.command = argv + COMMAND,
		.live = o->live,
		.adopt = (enum adopt)o->adopt,
		.learn = o->listens == 0,
		.restart = (enum restart_when)o->restart,
		.restart_policy = { o->restart_delay, o->restart_delay_most, o->restart_limit,
		    o->restart_window },
		.stop_signal = o->stop_signal,
		.quiet = o->quiet,
		.directory = o->directory,
		.capture = o->listens > 0 || o->watch != NULL || o->build != NULL,
	};

	if (argc <= COMMAND)
		return EXIT_USAGE;
	memcpy(config.exit_ok, o->exit_ok, sizeof(config.exit_ok));
	/* a later generation is somebody's request, who wants to see why it failed */
	config.capture |= config.serial > 1;
	if (config.release != 0 &&
	    store_path(below, sizeof(below), o->releases, config.release) == 0 &&
	    realpath(below, path) != NULL)
		config.release_path = path;
	return keeper_run(&config);
}

int
role_launch(int argc, char *const argv[])
{
	return launch_run(argc, argv);
}

static struct watch_config
watch_config(const struct options *o, int32_t live)
{
	return (struct watch_config){
		.roots = o->watch,
		.extensions = o->watch_ext,
		.ignore = o->watch_ignore,
		.delay = o->watch_delay,
		.interval = o->watch_interval,
		.build = o->build,
		.build_timeout = o->build_timeout,
		.build_on_start = (enum build_start)o->build_on_start,
		.busy_restart = o->build_busy == OPTION_BUSY_RESTART,
		.live = o->live,
		.releases = o->releases,
		.keep = o->releases_keep,
		.live_release = live,
		.sandbox = {
			.mode = (enum sandbox_mode)o->sandbox,
			.read = o->sandbox_read,
			.write = o->sandbox_write,
			.env = o->sandbox_env,
			.net = o->sandbox_net == OPTION_NET_ALL,
			.memory_bytes = o->sandbox_memory,
			.disk_bytes = o->sandbox_disk,
			.processes = o->sandbox_processes,
		},
	};
}

/* watch LIVE */
int
role_watch(int argc, char *const argv[])
{
	struct watch_config config = watch_config(configure(), number(argc, argv, 1));

	return watch_run(&config);
}

/* builder NUMBER */
int
role_builder(int argc, char *const argv[])
{
	struct watch_config config = watch_config(configure(), 0);

	return build_run(&config, number(argc, argv, 1));
}

/* store import | store publish NUMBER */
int
role_store(int argc, char *const argv[])
{
	struct watch_config config = watch_config(configure(), 0);

	return store_run(&config, argc > 1 ? argv[1] : "", number(argc, argv, 2));
}

/* probe ADDRESS HOW */
int
role_probe(int argc, char *const argv[])
{
	struct address listener;

	configure();
	if (argc != 3 || address_parse(&listener, argv[1]) == -1)
		return EXIT_USAGE;
	return probe_run(&listener, argv[2]);
}

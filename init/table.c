/* table.c - the table of variables, and finding a row of it. */
#include <ctype.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "base/text.h"
#include "init/options.h"
#include "init/table.h"

#define PREFIX "BATON_"
#define AT(member) .offset = offsetof(struct options, member)

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR };

#define MEGABYTES(n) (INT64_C(n) << 20)
#define TERABYTE (INT64_C(1) << 40)

static const char *const adopts[] = {
	[OPTION_ADOPT_AUTO] = "auto", [OPTION_ADOPT_INJECT] = "inject",
	[OPTION_ADOPT_ENV] = "env", [OPTION_ADOPT_FETCH] = "fetch",
	[OPTION_ADOPT_EINHORN] = "einhorn", [OPTION_ADOPT_SERVER_STARTER] = "server-starter",
	[OPTION_ADOPT_NGINX] = "nginx", [OPTION_ADOPT_OFF] = "off", NULL,
};

static const char *const spreads[] = {
	[OPTION_SPREAD_GENERATION] = "generation", [OPTION_SPREAD_WORKER] = "worker", NULL,
};

static const char *const strategies[] = {
	[OPTION_STRATEGY_REPLACE] = "replace", [OPTION_STRATEGY_ROLLING] = "rolling", NULL,
};

static const char *const readies[] = {
	[OPTION_READY_AUTO] = "auto", [OPTION_READY_NOTIFY] = "notify",
	[OPTION_READY_ACCEPT] = "accept", NULL,
};

static const char *const connections[] = {
	[OPTION_CONNECTIONS_DRAIN] = "drain", [OPTION_CONNECTIONS_CARRY] = "carry", NULL,
};

static const char *const restarts[] = {
	[OPTION_RESTART_ALWAYS] = "always", [OPTION_RESTART_ON_FAILURE] = "on-failure",
	[OPTION_RESTART_NEVER] = "never", NULL,
};

static const char *const starts[] = {
	[OPTION_START_AUTO] = "auto", [OPTION_START_ON] = "on", [OPTION_START_OFF] = "off", NULL,
};

static const char *const busies[] = {
	[OPTION_BUSY_QUEUE] = "queue", [OPTION_BUSY_RESTART] = "restart", NULL,
};

static const char *const watch_modes[] = {
	[OPTION_WATCH_MODE_AUTO] = "auto", [OPTION_WATCH_MODE_INOTIFY] = "inotify",
	[OPTION_WATCH_MODE_POLL] = "poll", NULL,
};

static const char *const sandboxes[] = {
	[OPTION_SANDBOX_ON] = "on", [OPTION_SANDBOX_STRICT] = "strict",
	[OPTION_SANDBOX_OFF] = "off", [OPTION_SANDBOX_LEARN] = "learn", NULL,
};

static const char *const nets[] = {
	[OPTION_NET_NONE] = "none", [OPTION_NET_ALL] = "all", NULL,
};

static const char *const logs[] = {
	[OPTION_LOG_TEXT] = "text", [OPTION_LOG_JSON] = "json", NULL,
};

static const char *const levels[] = {
	[LOG_ERROR] = "error", [LOG_WARNING] = "warning", [LOG_INFO] = "info",
	[LOG_DEBUG] = "debug", NULL,
};

const struct option option_rows[] = {
	{ "WORKERS", GROUP_WORKERS, KIND_CPUS, AT(workers), .value = "1", .least = 1, .most = 64,
	  .word = "cpus", .example = "2",
	  .help = "how many processes of the command serve at once; cpus counts what the "
		  "container may use" },
	{ "LISTEN", GROUP_WORKERS, KIND_LISTEN, AT(listens), .otherwise = "learned",
	  .most = OPTION_LISTENS, .example = "0.0.0.0:8080",
	  .help = "the addresses the service is reached on, bound before the first worker runs; "
		  "unset, they are learned from what the worker binds" },
	{ "ADOPT", GROUP_WORKERS, KIND_CHOICE, AT(adopt), .value = "auto", .choices = adopts,
	  .example = "env",
	  .help = "how a worker comes to its socket: inject answers its bind, env is the "
		  "LISTEN_FDS protocol, fetch gives it to who asks on BATON_SOCKET, auto offers all "
		  "three, off leaves its sockets alone; einhorn, server-starter and nginx are env "
		  "with the variables of EINHORN_FDS, SERVER_STARTER_PORT or NGINX besides" },
	{ "SLOTS", GROUP_WORKERS, KIND_COUNT, AT(slots), .value = "4", .least = 3, .most = 16,
	  .example = "6",
	  .help = "how many listening sockets an address has, one for each generation that "
		  "can be there at once" },
	{ "SPREAD", GROUP_WORKERS, KIND_CHOICE, AT(spread), .value = "generation",
	  .choices = spreads, .example = "worker",
	  .help = "whether the workers of a generation accept from one socket together, or each "
		  "worker from one of its own, where chance says who gets a connection: for "
		  "servers that accept very fast" },
	{ "FDSTORE_MAX", GROUP_WORKERS, KIND_COUNT, AT(fdstore_most), .value = "128", .least = 0,
	  .most = 128, .example = "16",
	  .help = "how many descriptors workers may leave for those that come after them "
		  "(FDSTORE=1, handoff_store)" },
	{ "SOCKET_DIR", GROUP_WORKERS, KIND_PATH, AT(socket_dir), .otherwise = "abstract names",
	  .most = 64, .example = "/run/app",
	  .help = "a directory, writable by the workers' user, for the sockets that NOTIFY_SOCKET "
		  "and BATON_SOCKET name: for workers in a network namespace of their own, where "
		  "abstract names are not seen" },
	{ "WATCHDOG", GROUP_WORKERS, KIND_DURATION, AT(watchdog), .value = "off", .least = 10,
	  .most = DAY, .word = "off", .example = "30s",
	  .help = "workers have to say WATCHDOG=1 to NOTIFY_SOCKET at least this often; one that "
		  "does not is ended by ABRT and started again" },
	{ "DIR", GROUP_WORKERS, KIND_PATH, AT(directory), .otherwise = "as started",
	  .example = "/app", .help = "the workers' working directory" },
	{ "USER", GROUP_WORKERS, KIND_TEXT, AT(user), .otherwise = "as started",
	  .most = 128, .example = "www-data:www-data",
	  .help = "the user the workers run as, and with : the group; names of the container's "
		  "own /etc/passwd and /etc/group, or numbers" },
	{ "CAPABILITIES", GROUP_WORKERS, KIND_CAPABILITIES, AT(capabilities),
	  .otherwise = "as started", .word = "none", .example = "NET_BIND_SERVICE,CHOWN",
	  .help = "the capabilities that workers keep; whatever else baton was given, they "
		  "cannot get it back" },
	{ "MEMORY", GROUP_WORKERS, KIND_SIZE, AT(memory), .value = "none",
	  .least = MEGABYTES(1), .most = TERABYTE, .word = "none", .example = "512M",
	  .help = "a generation that uses more memory than this is replaced by a new one, "
		  "without a gap" },
	{ "MAX_AGE", GROUP_WORKERS, KIND_DURATION, AT(max_age), .value = "none",
	  .least = SECOND, .most = INT64_C(365) * DAY, .word = "none", .example = "24h",
	  .help = "a generation that has served for so long is replaced by a new one, without "
		  "a gap" },
	{ "RESTART", GROUP_WORKERS, KIND_CHOICE, AT(restart), .value = "on-failure",
	  .choices = restarts, .example = "always",
	  .help = "which workers that end are started again; with never baton ends as its "
		  "worker does" },
	{ "RESTART_DELAY", GROUP_WORKERS, KIND_DELAYS, AT(restart_delay), .value = "100ms..30s",
	  .most = HOUR, .example = "1s..1m",
	  .help = "the pause before a worker is started again; it doubles from the first to the "
		  "longest, and begins anew when the worker ran well" },
	{ "RESTART_LIMIT", GROUP_WORKERS, KIND_RATE, AT(restart_limit), .value = "10/1m",
	  .least = 1, .most = 10000, .word = "none", .example = "5/30s",
	  .help = "restarts within that time after which baton gives up and ends with the "
		  "worker's status" },
	{ "EXIT_OK", GROUP_WORKERS, KIND_CODES, AT(exit_ok), .value = "0", .most = 255,
	  .example = "0,143",
	  .help = "a worker's exit codes that count as success; 0 always does. baton itself ends "
		  "with 0 when its worker ended with such a code" },

	{ "READY", GROUP_HANDOFF, KIND_READY, AT(ready), .value = "auto", .choices = readies,
	  .most = 1024, .example = "http:/health",
	  .help = "when a new generation may serve: it said READY=1 (notify), took a private "
		  "connection (accept), answered it with 2xx or 3xx (http:/path), a command that "
		  "reaches it at $BATON_ADDRESS exits with 0 (exec:COMMAND), or it has run for so "
		  "long (delay:2s); auto is the first of notify and accept" },
	{ "READY_TIMEOUT", GROUP_HANDOFF, KIND_DURATION, AT(ready_timeout), .value = "60s",
	  .least = 100, .most = DAY, .example = "2m",
	  .help = "a new generation that is not ready by then has failed, and the old one goes "
		  "on serving" },
	{ "CANARY", GROUP_HANDOFF, KIND_CANARY, AT(canary), .value = "none",
	  .least = 100, .most = DAY, .word = "none", .example = "10%:30s,50%:1m",
	  .help = "a new generation that is ready gets so many of the new connections for so "
		  "long, step by step, and all of them only then; one that crashes or fails its "
		  "probe meanwhile is taken out" },
	{ "STRATEGY", GROUP_HANDOFF, KIND_CHOICE, AT(strategy), .value = "replace",
	  .choices = strategies, .example = "rolling",
	  .help = "replace starts a whole new generation beside the old one; rolling replaces one "
		  "worker at a time, so that there is never more than one too many, where memory "
		  "is short; it gives each worker a socket of its own, as BATON_SPREAD=worker does" },
	{ "KEEP_WARM", GROUP_HANDOFF, KIND_DURATION, AT(keep_warm), .value = "0s", .most = DAY,
	  .example = "1m",
	  .help = "how long the replaced generation stays ready to take over again, so that a "
		  "rollback is instant" },
	{ "DRAIN_TIMEOUT", GROUP_HANDOFF, KIND_DURATION, AT(drain_timeout), .value = "30s",
	  .most = DAY, .example = "5m",
	  .help = "how long a replaced generation may take to answer what it has begun" },
	{ "QUIET", GROUP_HANDOFF, KIND_DURATION, AT(quiet), .value = "1s", .least = 20,
	  .most = HOUR, .example = "500ms",
	  .help = "a kept-alive connection of a draining generation is closed when nothing was "
		  "on its way for so long; less, the nearer the end" },
	{ "CONNECTIONS", GROUP_HANDOFF, KIND_CHOICE, AT(connections), .value = "drain",
	  .choices = connections, .example = "carry",
	  .help = "what becomes of kept-alive HTTP/1.1 connections in a handoff: they are closed "
		  "when they are quiet, or carried to the new generation, still open; see "
		  "docs/carry.md for what that asks of a proxy in front" },
	{ "MAX_DRAINING", GROUP_HANDOFF, KIND_COUNT, AT(max_draining), .value = "2", .least = 1,
	  .most = 8, .example = "1",
	  .help = "how many generations may drain at once; the next handoff waits for the oldest "
		  "of them" },

	{ "SIGNALS", GROUP_SIGNALS, KIND_SIGNALS, AT(signals), .otherwise = "as they come",
	  .example = "INT:QUIT,HUP:off",
	  .help = "which signals are sent to the workers as another, or not at all; TERM:off "
		  "keeps baton from ending, and HUP from reloading when it is named here" },
	{ "SIGNAL_GROUP", GROUP_SIGNALS, KIND_SWITCH, AT(signal_group), .value = "off",
	  .example = "on",
	  .help = "send signals to the worker's whole process group instead of the worker alone" },
	{ "PARENT_DEATH_SIGNAL", GROUP_SIGNALS, KIND_SIGNAL, AT(parent_death_signal),
	  .otherwise = "none", .word = "none", .whole = true, .example = "TERM",
	  .help = "the signal that baton gets when the process that started it ends; it is then "
		  "treated like any other" },

	{ "STOP_SIGNAL", GROUP_END, KIND_SIGNAL, AT(stop_signal), .value = "TERM",
	  .example = "QUIT", .help = "the signal that asks a worker to end" },
	{ "STOP_TIMEOUT", GROUP_END, KIND_DURATION, AT(stop_timeout), .value = "10s",
	  .most = HOUR, .example = "30s",
	  .help = "how long a worker may take to end after that signal before it is killed" },
	{ "LAMEDUCK", GROUP_END, KIND_DURATION, AT(lameduck), .value = "0s", .most = HOUR,
	  .whole = true, .example = "5s",
	  .help = "after SIGTERM: how long to serve on, unready, while balancers look away; "
		  "stands in for a preStop sleep" },

	{ "WATCH", GROUP_WATCH, KIND_PATHS, AT(watch), .example = "src:package.json",
	  .help = "files and directories whose change starts a build, or a reload where there "
		  "is no BATON_BUILD" },
	{ "WATCH_EXT", GROUP_WATCH, KIND_TEXT, AT(watch_ext), .needs = "WATCH", .otherwise = "all",
	  .example = ".md,.ts", .help = "only files with these endings, with , between" },
	{ "WATCH_IGNORE", GROUP_WATCH, KIND_TEXT, AT(watch_ignore), .needs = "WATCH",
	  .example = ".gitignore,*.tmp,drafts/",
	  .help = "patterns as in .gitignore, with , between; the item .gitignore, or "
		  ".batonignore, stands for what the files of that name say, in each watched "
		  "directory; .git, node_modules, editors' swap and backup files, BATON_LIVE and the "
		  "releases are always ignored" },
	{ "WATCH_DELAY", GROUP_WATCH, KIND_DURATION, AT(watch_delay), .value = "1s", .least = 10,
	  .most = HOUR, .needs = "WATCH", .example = "300ms",
	  .help = "changes are gathered until none came for so long, at most ten times that" },
	{ "WATCH_MODE", GROUP_WATCH, KIND_CHOICE, AT(watch_mode), .value = "auto",
	  .choices = watch_modes, .needs = "WATCH", .example = "poll",
	  .help = "how changes are noticed: auto trusts inotify, but looks through what lies on a "
		  "file system that does not tell of all changes or where a test or a miss showed "
		  "so; inotify never does that, poll does nothing else" },
	{ "WATCH_INTERVAL", GROUP_WATCH, KIND_DURATION, AT(watch_interval), .value = "auto",
	  .least = 100, .most = DAY, .word = "auto", .needs = "WATCH", .example = "5s",
	  .help = "how often everything is looked through besides; auto is 60s, and 2s where "
		  "inotify is silent; never more than a twentieth of the time" },
	{ "BUILD", GROUP_WATCH, KIND_TEXT, AT(build),
	  .example = "npm run build -- --outDir \"$BATON_OUT\"",
	  .help = "the build, for sh -c; it writes a new release into $BATON_OUT, and finds the "
		  "changed paths in the file $BATON_CHANGED" },
	{ "BUILD_TIMEOUT", GROUP_WATCH, KIND_DURATION, AT(build_timeout), .value = "10m",
	  .least = 100, .most = DAY, .needs = "BUILD", .example = "2m",
	  .help = "a build that takes longer is ended and has failed" },
	{ "BUILD_ON_START", GROUP_WATCH, KIND_CHOICE, AT(build_on_start), .value = "auto",
	  .choices = starts, .needs = "BUILD", .example = "on",
	  .help = "build when baton starts; auto does when nothing is live yet" },
	{ "BUILD_BUSY", GROUP_WATCH, KIND_CHOICE, AT(build_busy), .value = "queue",
	  .choices = busies, .needs = "BUILD", .example = "restart",
	  .help = "a change during a build: build once more after it (queue), or end it and begin "
		  "again (restart)" },
	{ "RELOAD_ONLY", GROUP_WATCH, KIND_TEXT, AT(reload_only), .needs = "WATCH",
	  .example = "templates/,*.conf",
	  .help = "files whose change needs no build, only a reload of what is live: patterns as "
		  "in .gitignore, with , between; on for all of them. A change of others as well "
		  "builds" },
	{ "LIVE", GROUP_WATCH, KIND_PATH, AT(live), .example = "dist",
	  .help = "the path that always is the release being served; arguments of the command "
		  "below it are given as paths into the generation's own release" },
	{ "RELEASES", GROUP_WATCH, KIND_PATH, AT(releases), .value = ".baton/releases",
	  .needs = "LIVE", .example = "/data/releases",
	  .help = "where the releases are kept, one directory each" },
	{ "RELEASES_KEEP", GROUP_WATCH, KIND_COUNT, AT(releases_keep), .value = "5", .least = 1,
	  .most = 1000, .needs = "LIVE", .example = "10",
	  .help = "how many releases stay, besides any that is still run" },
	{ "ASSETS", GROUP_WATCH, KIND_ASSETS, AT(assets), .needs = "LIVE",
	  .example = "client/_astro",
	  .help = "directories of a release in which those that stay lend each other the files "
		  "whose names carry a hash, as links, so that a page of one finds its styles in "
		  "another; =all behind one for every file" },

	{ "SANDBOX", GROUP_SANDBOX, KIND_CHOICE, AT(sandbox), .value = "on",
	  .choices = sandboxes, .example = "strict",
	  .help = "fence the build in with all that the kernel has (on); allow it only the system "
		  "calls that builds are known to need, and build not at all where anything is "
		  "missing (strict); say what strict would refuse, slowly (learn); or not at all "
		  "(off)" },
	{ "SANDBOX_READ", GROUP_SANDBOX, KIND_PATHS, AT(sandbox_read), .needs = "BUILD",
	  .example = "/opt/tool",
	  .help = "what a build may read besides the system and the working directory" },
	{ "SANDBOX_WRITE", GROUP_SANDBOX, KIND_PATHS, AT(sandbox_write), .needs = "BUILD",
	  .example = "/var/cache/npm",
	  .help = "what a build may write besides its output, a temporary directory and the "
		  "entries of the working directory" },
	{ "SANDBOX_NET", GROUP_SANDBOX, KIND_CHOICE, AT(sandbox_net), .value = "none",
	  .choices = nets, .needs = "BUILD", .example = "all",
	  .help = "the network a build may use" },
	{ "SANDBOX_ENV", GROUP_SANDBOX, KIND_NAMES, AT(sandbox_env), .needs = "BUILD",
	  .example = "API_URL,CI",
	  .help = "variables a build sees besides PATH, HOME, LANG, TZ, NODE_ENV and npm's own" },
	{ "SANDBOX_USER", GROUP_SANDBOX, KIND_TEXT, AT(sandbox_user), .value = "auto",
	  .needs = "BUILD", .example = "builder",
	  .help = "the user that builds run as where baton is root: one that nothing else has "
		  "(auto), baton's own (off), or a name or number, and with : the group" },
	{ "SANDBOX_MEMORY", GROUP_SANDBOX, KIND_SIZE, AT(sandbox_memory), .value = "none",
	  .least = MEGABYTES(16), .most = TERABYTE, .word = "none", .needs = "BUILD",
	  .example = "2G",
	  .help = "the memory a build may use, all of its processes together; none: what the "
		  "container's limit or the machine leaves it" },
	{ "SANDBOX_CPU", GROUP_SANDBOX, KIND_PROCESSORS, AT(sandbox_cpu), .value = "auto",
	  .least = 5, .most = 102400, .word = "auto", .needs = "BUILD", .example = "0.5",
	  .help = "the processors a build may keep busy; auto: all that the service leaves it, "
		  "which always goes first" },
	{ "SANDBOX_PROCESSES", GROUP_SANDBOX, KIND_COUNT, AT(sandbox_processes), .value = "512",
	  .least = 16, .most = 32768, .needs = "BUILD", .example = "256",
	  .help = "how many processes and threads a build may have" },
	{ "SANDBOX_DISK", GROUP_SANDBOX, KIND_SIZE, AT(sandbox_disk), .value = "4G",
	  .least = MEGABYTES(1), .most = TERABYTE, .word = "none", .needs = "BUILD",
	  .example = "500M",
	  .help = "how much a build may write" },

	{ "CONTROL", GROUP_TALK, KIND_TEXT, AT(control), .otherwise = "/run/baton/control.sock",
	  .most = 100, .whole = true, .example = "/tmp/baton.sock",
	  .help = "the path of the socket that baton status, reload and the others talk to; "
		  "where it cannot be made, a directory that only this user can enter takes its "
		  "place" },
	{ "LOG", GROUP_TALK, KIND_CHOICE, AT(log), .value = "text", .choices = logs,
	  .whole = true, .example = "json",
	  .help = "how baton's own lines on stderr are written" },
	{ "LOG_LEVEL", GROUP_TALK, KIND_CHOICE, AT(log_level), .value = "info",
	  .choices = levels, .whole = true, .example = "debug",
	  .help = "the least that is worth a line" },

	{ "CONFIG", GROUP_SERVICES, KIND_TEXT, AT(config), .whole = true,
	  .example = "[service web]...",
	  .help = "several services in one container: INI text with a section [service NAME] "
		  "for each, whose keys are these variables in lower case and without BATON_, "
		  "command, and critical (on: baton ends when the service does)" },
};

const int option_count = sizeof(option_rows) / sizeof(option_rows[0]);

_Static_assert(sizeof(option_rows) / sizeof(option_rows[0]) <= OPTION_ROWS,
    "options.written has a place for each row");

const char *
option_group_title(enum option_group group)
{
	static const char *const titles[GROUPS] = {
		[GROUP_WORKERS] = "Workers",
		[GROUP_HANDOFF] = "Handoff",
		[GROUP_SIGNALS] = "Signals",
		[GROUP_END] = "The end",
		[GROUP_WATCH] = "Watching and building",
		[GROUP_SANDBOX] = "The build's sandbox",
		[GROUP_TALK] = "Log and control",
		[GROUP_SERVICES] = "Several services",
	};

	return titles[group];
}

/* Upper case, without the prefix; names too long for any row are cut. */
static void
plain_name(const char *name, char plain[static 32])
{
	size_t i;

	if (strncasecmp(name, PREFIX, strlen(PREFIX)) == 0)
		name += strlen(PREFIX);
	for (i = 0; i < 31 && name[i] != '\0' && name[i] != '='; i++)
		plain[i] = (char)toupper((unsigned char)name[i]);
	plain[i] = '\0';
}

const struct option *
option_find(const char *name)
{
	char plain[32];
	int i;

	plain_name(name, plain);
	for (i = 0; i < option_count; i++)
		if (strcmp(option_rows[i].name, plain) == 0)
			return &option_rows[i];
	return NULL;
}

const struct option *
option_nearest(const char *name)
{
	const struct option *nearest = NULL;
	char plain[32];
	int best, distance, i;

	plain_name(name, plain);
	best = 2 + (int)strlen(plain) / 4;
	for (i = 0; i < option_count; i++) {
		distance = text_distance(plain, option_rows[i].name);
		if (distance >= best)
			continue;
		best = distance;
		nearest = &option_rows[i];
	}
	return nearest;
}

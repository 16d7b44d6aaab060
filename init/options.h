/*
 * options.h - what the environment says: one table of variables, read into one flat struct.
 *
 * The table (table.c) is the only place that knows a variable: parsing, `baton check`,
 * `baton help`, the manual's tables and the man page all come from it. Strings point into the
 * environment or to constants; nothing is allocated.
 */
#ifndef INIT_OPTIONS_H
#define INIT_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "handoff/canary.h"
#include "handoff/listener.h"
#include "init/signal_map.h"

enum {
	OPTION_LISTENS = 64,
	OPTION_LISTEN_NAME = 16,
	OPTION_LISTEN_OWNER = 64,
	OPTION_LISTEN_WHY = 192,
	OPTION_ROWS = 64,		/* at least as many as the table has */
	OPTIONS_WHY = 640
};

enum option_adopt {
	OPTION_ADOPT_AUTO, OPTION_ADOPT_INJECT, OPTION_ADOPT_ENV, OPTION_ADOPT_FETCH,
	OPTION_ADOPT_EINHORN, OPTION_ADOPT_SERVER_STARTER, OPTION_ADOPT_NGINX, OPTION_ADOPT_OFF
};
enum option_spread { OPTION_SPREAD_GENERATION, OPTION_SPREAD_WORKER };
enum option_strategy { OPTION_STRATEGY_REPLACE, OPTION_STRATEGY_ROLLING };
enum option_ready {
	OPTION_READY_AUTO, OPTION_READY_NOTIFY, OPTION_READY_ACCEPT, OPTION_READY_HTTP,
	OPTION_READY_EXEC, OPTION_READY_DELAY
};
enum option_connections { OPTION_CONNECTIONS_DRAIN, OPTION_CONNECTIONS_CARRY };
enum option_restart { OPTION_RESTART_ALWAYS, OPTION_RESTART_ON_FAILURE, OPTION_RESTART_NEVER };
enum option_start { OPTION_START_AUTO, OPTION_START_ON, OPTION_START_OFF };
enum option_busy { OPTION_BUSY_QUEUE, OPTION_BUSY_RESTART };
enum option_watch_mode {
	OPTION_WATCH_MODE_AUTO, OPTION_WATCH_MODE_INOTIFY, OPTION_WATCH_MODE_POLL
};
enum option_sandbox {
	OPTION_SANDBOX_ON, OPTION_SANDBOX_STRICT, OPTION_SANDBOX_OFF, OPTION_SANDBOX_LEARN
};
enum option_net { OPTION_NET_NONE, OPTION_NET_ALL };
enum option_log { OPTION_LOG_TEXT, OPTION_LOG_JSON };

struct option_listen {
	char name[OPTION_LISTEN_NAME];	/* empty when none was given */
	struct address address;
	struct listener_wish wish;	/* the owner of a UNIX socket not looked up yet: */
	char owner[OPTION_LISTEN_OWNER];	/* "user:group"; empty when none was given */
};

/* A path or list that is not set and has no default is NULL. */
struct options {
	int workers;			/* 1..64 */
	int listens;			/* 0: learn the address from the first bind */
	struct option_listen listen[OPTION_LISTENS];
	int adopt;			/* enum option_adopt */
	int slots;
	int fdstore_most;		/* descriptors that may be stored */
	msec watchdog;			/* 0 for none */
	const char *socket_dir;		/* of the workers' sockets; NULL: abstract names */
	int spread;			/* enum option_spread */
	const char *directory;		/* the workers' */
	const char *user;		/* "user", "user:group", names or numbers */
	const char *capabilities;	/* as written; NULL: as started */
	uint64_t capability_bits;	/* those of capabilities: bit CAP_CHOWN is 1 << 0 */
	int64_t memory;			/* bytes a generation may use, 0 for no limit */
	msec max_age;			/* of a generation, 0 for no limit */

	int ready;			/* enum option_ready */
	const char *ready_path;		/* "/path" with OPTION_READY_HTTP, else NULL */
	const char *ready_command;	/* for sh -c, with OPTION_READY_EXEC, else NULL */
	msec ready_delay;		/* with OPTION_READY_DELAY */
	msec ready_timeout;
	int strategy;			/* enum option_strategy */
	msec keep_warm;
	struct canary canary;

	msec drain_timeout;
	msec quiet;
	int connections;		/* enum option_connections */
	int max_draining;		/* slots >= max_draining + 2 */

	unsigned char signals[SIGNAL_MAP];	/* by what comes: what is sent; 0: nothing */
	uint64_t signals_given;		/* bit n - 1: BATON_SIGNALS says something of signal n */
	int signal_group;		/* to the worker's process group? */
	int parent_death_signal;	/* 0 for none */

	int stop_signal;
	msec stop_timeout;
	msec lameduck;

	int restart;			/* enum option_restart; see options_given() */
	msec restart_delay, restart_delay_most;
	int restart_limit;		/* INT_MAX for none */
	msec restart_window;
	uint64_t exit_ok[4];		/* bits; 0 always counts */

	const char *watch;		/* paths with ':' between */
	const char *watch_ext, *watch_ignore;
	int watch_mode;			/* enum option_watch_mode */
	msec watch_delay;
	msec watch_interval;		/* 0: as the file system needs it */
	const char *build;		/* for sh -c */
	msec build_timeout;
	int build_on_start;		/* enum option_start */
	int build_busy;			/* enum option_busy */
	const char *reload_only;	/* patterns, "on" for all */
	const char *live, *releases;
	int releases_keep;
	const char *assets;		/* directories, see watcher/assets.h */

	int sandbox;			/* enum option_sandbox */
	const char *sandbox_read, *sandbox_write;	/* paths with ':' between */
	int sandbox_net;		/* enum option_net */
	const char *sandbox_env;	/* names with ',' between */
	const char *sandbox_user;	/* "auto", "off", or as user */
	int64_t sandbox_memory;		/* bytes, 0 for no limit */
	int sandbox_processes;
	int sandbox_cpu;		/* hundredths of a processor, 0: what is left over */
	int64_t sandbox_disk;		/* bytes, 0 for no limit */

	const char *control;		/* NULL: the first place that can be written */
	int log;			/* enum option_log */
	int log_level;			/* enum log_level */

	const char *config;		/* INI text; see config.h */

	/* by row of the table: what was set, rightly or not; NULL: the default */
	const char *written[OPTION_ROWS];
};

/* How an option is named: BATON_WORKERS=2, or workers = 2 in a section of BATON_CONFIG. */
enum options_form { OPTIONS_VARIABLE, OPTIONS_KEY };

/* Takes one sentence without an end of line, for each thing that is wrong. */
typedef void options_report(const char *sentence);

/*
 * Read every BATON_ variable of an environment, and report all that is wrong at once: unknown
 * names, bad values, values that do not go together. A variable that is empty counts as not set.
 * Returns how many errors there were; the options are complete only when it is 0.
 */
int options_read(struct options *o, char *const environment[], options_report *report);

/* The same, but what does not go together is not looked for. */
int options_collect(struct options *o, char *const environment[], options_report *report);

/*
 * Set one option. A key may be written in any case, a variable's name (without BATON_) is in upper
 * case. 0, or -1 with the rest of a sentence in `why`, which begins after the name: ": '0' is not
 * accepted: ..." or " is no variable of baton: ...". The options keep pointers into value.
 */
int options_set(struct options *o, enum options_form form, const char *name, const char *value,
    char why[static OPTIONS_WHY]);

/* A report for PID 1: each sentence is an error in the log. */
void options_report_log(const char *sentence);

/* Was it set, or is this the default? name without BATON_: "RESTART". */
bool options_given(const struct options *o, const char *name);

#endif

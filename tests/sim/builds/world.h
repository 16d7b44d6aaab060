/*
 * world.h - an invented world around watcher, init and store: somebody who saves, builds that take
 * their time, fail, hang or are killed, servers that do not come up, and watchers that die.
 *
 * What decides is the real code: release, intent, service and all it uses, newest, moving. What acts
 * is played here: things that will happen lie in a list and happen in the order of their time.
 */
#ifndef SIM_BUILDS_WORLD_H
#define SIM_BUILDS_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/message.h"
#include "handoff/service.h"
#include "init/moving.h"
#include "tests/sim/random.h"
#include "watcher/intent.h"
#include "watcher/release.h"

enum { THINGS = 256, RELEASES = 4096, KEEPERS = 16 };

enum what { NOTHING, BUILD_READS, BUILD_ENDS, TO_INIT, TO_WATCHER, WATCHER_STARTS, GENERATION_SAYS, STORE_ENDS };

struct thing {
	enum what what;
	msec at;
	uint64_t order;		/* of two at the same time the first that was planned is first */
	int whose;		/* which watcher, which build: nobody hears it when that is gone */
	struct message message;
	struct event event;
	bool well;
};

/* What lies on the disk: a page that is to be built, a template that servers read at their start. */
struct sources {
	int page, template;
};

struct watcher {
	bool alive;
	int which;		/* so many were there before */
	struct release release;
	struct release_rules rules;
	struct intent intent;
	int32_t live;
	bool noticed;
	msec judge_at;
	struct sources taken;	/* as they were when the last build began */

	bool running, dropped;
	int build;		/* so many ran before */
	int32_t number, told;
	int page;		/* as it read it */
};

struct generation_of {
	uint32_t serial;	/* 0: free */
	int32_t release;
	int template;
	bool ends;
};

struct builds {
	uint64_t seed;
	struct random random;
	msec now;
	uint64_t planned;
	struct thing things[THINGS];
	bool calm;		/* nothing is killed any more, and nobody saves */
	bool takes_back;	/* saves what was there before; else somebody rolls back at times */
	const char *broken;
	bool told;

	struct sources sources;
	int pages;		/* each new one has a number of its own */
	int page_of[RELEASES];	/* what each release holds; 0: it is none */
	bool served[RELEASES];
	int32_t next_number;
	int at_once;		/* builds that run */

	struct watcher watcher;

	/* PID 1 */
	struct service service;
	struct moving moving;
	int32_t told_newest, told_in_use;
	bool told_served;
	struct generation_of generations[KEEPERS];

	int64_t steps, builds, handoffs, kills;
};

/* --- world.c ---------------------------------------------------------------------------------- */

/* Live through one seed: trouble, then calm; broken says what was wrong. */
void builds_run(struct builds *b, uint64_t seed);

struct thing *builds_plan(struct builds *b, enum what what, msec in);
void builds_break(struct builds *b, const char *why);
void builds_tell(const struct builds *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
msec builds_within(struct builds *b, msec most);

/* A page that cannot be built, one whose build never ends, one that does not come up. */
bool builds_fails(int page);
bool builds_hangs(int page);
bool builds_bad(int page);

/* --- watcher.c -------------------------------------------------------------------------------- */

void watcher_start(struct builds *b);
void watcher_kill(struct builds *b);
void watcher_sees(struct builds *b, bool reload_only);
void watcher_hears(struct builds *b, const struct message *m);
void watcher_build_reads(struct builds *b);
void watcher_build_ended(struct builds *b, bool killed);
void watcher_time(struct builds *b);
msec watcher_deadline(const struct builds *b);

/* --- init.c ----------------------------------------------------------------------------------- */

void init_begin(struct builds *b);
void init_hears(struct builds *b, const struct message *m);
void init_event(struct builds *b, struct event e);
void init_watcher_died(struct builds *b);
void init_store_ended(struct builds *b, bool well, bool killed);
void init_kill_generation(struct builds *b);

#endif

/*
 * config.h - what watcher, builder and store are told: the BATON_ variables of these names.
 *
 * Filled by init/roles.c, the same in all three roles. Strings are borrowed and may be NULL where
 * it says so; lists of paths have ':' between, lists of names and patterns ','.
 */
#ifndef WATCHER_CONFIG_H
#define WATCHER_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

enum build_start { BUILD_START_AUTO, BUILD_START_ON, BUILD_START_OFF };
enum watch_mode { WATCH_MODE_AUTO, WATCH_MODE_INOTIFY, WATCH_MODE_POLL };
enum sandbox_mode { SANDBOX_ON, SANDBOX_STRICT, SANDBOX_OFF, SANDBOX_LEARN };

struct sandbox_config {
	enum sandbox_mode mode;
	const char *read, *write;	/* paths, or NULL */
	const char *env;		/* names, or NULL */
	const char *user;		/* "auto", "off", or who builds run as: see second.h */
	bool net;			/* false: no network at all */
	int64_t memory_bytes;		/* for all of it, 0: no limit */
	int64_t disk_bytes;		/* 0: no limit */
	int processes;			/* 0: no limit */
	int cpu_percent;		/* 150: one and a half processors, 0: what is left over */
};

struct watch_config {
	const char *service;		/* its name: what the builder is told */
	const char *roots;		/* BATON_WATCH: paths; NULL: build only when asked to */
	const char *extensions;		/* BATON_WATCH_EXT, NULL: all */
	const char *ignore;		/* BATON_WATCH_IGNORE, NULL: none besides what always is */
	enum watch_mode watch_mode;
	msec delay;
	msec interval;			/* between rescans, 0: 60 s, or 2 s where inotify is blind */

	const char *build;		/* for sh -c; NULL: a change is a reload, of release 0 */
	msec build_timeout;
	enum build_start build_on_start;
	bool busy_restart;		/* BATON_BUILD_BUSY */
	const char *reload_only;	/* patterns of what needs no build, or NULL */

	const char *live;		/* NULL: the build may leave $BATON_OUT empty */
	const char *releases;
	int keep;			/* BATON_RELEASES_KEEP, at least 1 */
	const char *assets;		/* BATON_ASSETS, NULL: releases lend each other nothing */
	const char *in_use;		/* store only: which releases stay besides, "3 7 9" */
	int32_t live_release;		/* watcher only: what is live now, 0 for none */

	/* what is served beside this: other services' live paths and releases, sockets; ends with NULL */
	const char *const *others;

	struct sandbox_config sandbox;
};

#endif

/*
 * scan.h - look at the watched trees: all of them, or those where inotify is silent.
 *
 * The lower half of sight.h, which knows when to look; walk.h reads the directories. Nothing of it
 * waits.
 */
#ifndef WATCHER_SCAN_H
#define WATCHER_SCAN_H

#include <sys/types.h>

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "watcher/changes.h"
#include "watcher/config.h"
#include "watcher/marks.h"
#include "watcher/root.h"
#include "watcher/tree.h"

typedef void scan_report(void *with, const char *path, enum change change);

struct scan {
	struct tree *tree;
	struct marks *marks;	/* NULL: no inotify here */
	enum watch_mode mode;
	const char *extensions;	/* see patterns.h */
	struct ignores *ignores;
	struct root **roots;	/* and links that lead out of them */
	int root_count;
	char live[PATH_MAX], live_temporary[PATH_MAX], releases[PATH_MAX];

	bool everywhere;	/* no inotify: all is to be looked at again and again */
	bool doubt;		/* something is to be looked at as a whole */
	bool looked;		/* once: from now on changes are reported */
	size_t unwatched;	/* directories for which no watch was left */
	bool said_unwatched, said_file_marks, said_links;

	/* of the look that is under way */
	bool by_clock;		/* nothing told of a change: what is found went untold */
	int64_t before_ns, began_ns;	/* the look before and this one, by the files' clock */
	struct root *at;
	dev_t device;

	scan_report *report;
	void *with;
};

/* Nothing is looked at yet. Ends the process when out of memory. */
void scan_init(struct scan *s, const struct watch_config *config, scan_report *report, void *with);
void scan_free(struct scan *s);

/*
 * Look at all roots, as they are now, and settle what was in doubt. by_clock: all that inotify told
 * was taken before, so what changed a while ago and was not told shows that inotify is silent there.
 */
void scan_all(struct scan *s, bool by_clock);

/* Look at those roots where inotify is silent. */
void scan_silent(struct scan *s);
bool scan_has_silent(const struct scan *s);

/* The root that path lies in, NULL for none. */
struct root *scan_root_of(const struct scan *s, const char *path);

/* This root is to be looked at again and again, because it `why`; said once. */
void scan_is_silent(struct scan *s, struct root *root, const char *why);

/* Say how many directories have no watch, or that all have one again. */
void scan_tell_unwatched(struct scan *s);

#endif

/*
 * scan.h - look at the watched trees: read directories, stamp files, tell what differs from before.
 *
 * The lower half of sight.h, which knows when to look. Nothing of it waits.
 */
#ifndef WATCHER_SCAN_H
#define WATCHER_SCAN_H

#include <sys/types.h>

#include <limits.h>
#include <stdbool.h>

#include "watcher/changes.h"
#include "watcher/config.h"
#include "watcher/marks.h"
#include "watcher/root.h"
#include "watcher/tree.h"

typedef void scan_report(void *with, const char *path, enum change change);

struct scan {
	struct tree *tree;
	struct marks *marks;	/* NULL: no inotify here */
	const char *extensions, *ignore;	/* see patterns.h */
	struct root *roots;
	int root_count;
	char live[PATH_MAX], live_temporary[PATH_MAX], releases[PATH_MAX];
	bool blind;		/* inotify does not see all of it, for the reason that was said */
	bool doubt;		/* something is to be looked at as a whole */
	bool looked;		/* once: from now on changes are reported */
	scan_report *report;
	void *with;
};

/* Nothing is looked at yet. Ends the process when out of memory. */
void scan_init(struct scan *s, const struct watch_config *config, scan_report *report, void *with);
void scan_free(struct scan *s);

/* Look at all roots, as they are now, and settle what was in doubt. */
void scan_all(struct scan *s);

/* A directory that has appeared: watch it, then read it and what is below. */
void scan_enter(struct scan *s, const char *path);

/* A directory that has been moved away: forget it and what was below. */
void scan_leave(struct scan *s, const char *path);

/* A file that may have changed, appeared or gone. */
void scan_look(struct scan *s, const char *path);

/* Is this path none of those that count? mode: of what it is, or was. */
bool scan_passes_over(const struct scan *s, const char *path, const char *name, mode_t mode);

/* "directory/name", "name" in "". 0, or -1 if it does not fit. */
int scan_join(char *to, size_t size, const char *directory, const char *name);

#endif

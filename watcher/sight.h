/*
 * sight.h - what changed below the roots: inotify where it can see, rescans where there is doubt.
 *
 * Symlinks below a root that point out of it are followed once; those that point back in count by
 * what they point at. It never sees .git, node_modules, what
 * editors keep beside open files, the live path and the releases.
 */
#ifndef WATCHER_SIGHT_H
#define WATCHER_SIGHT_H

#include <stdbool.h>

#include "base/clock.h"
#include "watcher/changes.h"
#include "watcher/config.h"

/* with and path are borrowed. */
typedef void sight_report(void *with, const char *path, enum change change);

struct sight;

/* Look at everything for the first time, without a report of it. Ends the process on NULL memory. */
struct sight *sight_open(const struct watch_config *config, sight_report *report, void *with);
void sight_close(struct sight *s);

/* What is known of the files' contents. The sight's own. */
struct tree *sight_tree(const struct sight *s);

/* To be polled for POLLIN; -1 where there is no inotify. */
int sight_descriptor(const struct sight *s);

/* To be polled for POLLPRI: something was mounted, then sight_doubt(). -1 where that is not told. */
int sight_mounts(const struct sight *s);

/* Take what inotify has to say. True if there may be more. */
bool sight_read(struct sight *s);

/* All is to be looked at, soon. */
void sight_doubt(struct sight *s);

/* When sight_time() is due: a rescan, in doubt or by the clock, or a few files to be learned. */
msec sight_deadline(const struct sight *s);
void sight_time(struct sight *s, msec now);

/* Does git change the sources as a whole now? Locks that are older than `stale` do not count. */
bool sight_held(const struct sight *s, msec stale);

/* "43 directories, 520 files" for the log. */
void sight_summary(const struct sight *s, char *to, size_t size);

#endif

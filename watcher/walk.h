/*
 * walk.h - read directories, stamp files, tell what differs from before.
 */
#ifndef WATCHER_WALK_H
#define WATCHER_WALK_H

#include <sys/stat.h>

#include <stdbool.h>
#include <stddef.h>

#include "watcher/changes.h"

struct scan;
struct stamp;

/* A directory that is there, or has appeared: watch it, then read it and what is below. */
void walk_enter(struct scan *s, const char *path);

/* A directory that has been moved away: forget it and what was below. */
void walk_leave(struct scan *s, const char *path);

/*
 * A file that may have changed, appeared or gone. written: its contents were, whatever it looks like.
 */
void walk_look(struct scan *s, const char *path, bool written);

/* Is this path none of those that count? mode: of what it is, or was. */
bool walk_passes_over(const struct scan *s, const char *path, const char *name, mode_t mode);

/*
 * Is it, or was it, a symlink that other paths lead through: to a directory that counts? Whether a file of its
 * name would count is no matter.
 */
bool walk_leads_on(const struct scan *s, const char *path, const char *name);

/* What tells this state of a file from the next; name is in directory (AT_FDCWD: a path). */
void walk_stamp(struct stamp *stamp, int directory, const char *name, const struct stat *st);

/* Report a change, once there was a first look. */
void walk_tell(struct scan *s, const char *path, enum change change);
void walk_tell_gone(void *scan, const char *path);

/* "directory/name", "name" in "". 0, or -1 if it does not fit. */
int walk_join(char *to, size_t size, const char *directory, const char *name);

#endif

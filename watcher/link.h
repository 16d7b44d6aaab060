/*
 * link.h - a symlink that is moved, never missing.
 */
#ifndef WATCHER_LINK_H
#define WATCHER_LINK_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Make `path` a symlink to target (as it stands), by rename, and sync its directory. If path is a
 * directory, the two are exchanged and the directory is removed; on an overlay a directory of the
 * image cannot be renamed (EXDEV), so there it is removed first, and only if all of it can be.
 * `mark`, unless NULL, exists as a file for as long as such a removal is half done, and says of which
 * directory. 0, or -1 with errno, and then path is as it was.
 */
int link_place(const char *path, const char *target, const char *mark);

/* Is the directory at path one whose removal was cut off, going by the mark? */
bool link_was_cut_off(const char *path, const char *mark);

/* Remove what a link_place() that was cut off left beside path. */
void link_tidy(const char *path);

/* How to reach `to`, which exists, from the directory that `path` lies in. 0 or -1 with errno. */
int link_relative(char *target, size_t size, const char *path, const char *to);

/* The directory that path lies in: ".", "/", "a/b". */
void link_parent(char *to, size_t size, const char *path);

#endif

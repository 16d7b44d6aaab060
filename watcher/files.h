/*
 * files.h - whole directories at once: copy, remove, measure. Links are never followed.
 *
 * fts(3) goes as deep as a tree does, with few descriptors and paths of any length; it changes the
 * working directory on its way, and back.
 */
#ifndef WATCHER_FILES_H
#define WATCHER_FILES_H

#include <stdint.h>

/*
 * Remove path and all below it, also where its modes forbid. 0 if nothing is left, else -1 with errno
 * at the first that stays. In remove.c.
 */
int files_remove(const char *path);

/* Could we remove all below path and path itself, going by the directories' modes? 0 or -1. */
int files_removable(const char *path);

/* Copy a directory to a new one, with modes, times and links as they are. 0 or -1 with errno. */
int files_copy(const char *from, const char *to);

/*
 * One regular file, likewise, between two directories' descriptors; `to` must not exist, and what is
 * left of it after an error may be cut.
 */
int files_copy_file(int from_directory, const char *from, int to_directory, const char *to);

/*
 * A tree that another user has made becomes ours: what in it belongs to whom path itself belongs to.
 * 0, or -1 with errno.
 */
int files_own(const char *path);

/* Bytes on disk of all below path; what cannot be read counts nothing. */
int64_t files_measure(const char *path);

/* mkdir -p: make path and what is missing above it. 0 or -1. */
int files_make_directory(const char *path);

/* fsync(2) a directory, so that the names in it last. 0 or -1. */
int files_sync_directory(const char *path);

#endif

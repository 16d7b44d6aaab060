/*
 * marks.h - which directories and files inotify(7) watches, and by which path we know each.
 *
 * The kernel counts what it watches by number (wd), one for an inode. A mark is one reason to watch
 * it: for its contents, by one path, of which an inode may have several (bind mounts, hard links);
 * or for the names in it that are parts of a root's path.
 */
#ifndef WATCHER_MARKS_H
#define WATCHER_MARKS_H

#include <stdbool.h>
#include <stddef.h>

enum mark_kind { MARK_DIRECTORY, MARK_FILE, MARK_PART };

struct mark {
	struct mark *next;
	int wd;
	enum mark_kind kind;
	bool fresh;		/* there is still this reason, in this turn */
	char path[];		/* "" for MARK_PART */
};

struct marks;

/* NULL with errno where inotify cannot be had. */
struct marks *marks_open(void);
void marks_close(struct marks *m);
int marks_descriptor(const struct marks *m);

/* How many there are of this kind. */
size_t marks_count(const struct marks *m, enum mark_kind kind);

/*
 * Watch a directory for its contents; "" is the working directory. 0, or -1 with errno: ENOSPC when
 * the system has no more.
 */
int marks_add(struct marks *m, const char *path);

/*
 * Watch a file by itself, because it can be written to by another name: one that a link points at, or
 * with hard links. 0 or -1 with errno.
 */
int marks_add_file(struct marks *m, const char *path);

/*
 * Watch a directory for the names in it that matter to a root, with files: for what is written to
 * them, too. Returns its wd, or -1 with errno.
 */
int marks_add_part(struct marks *m, const char *path, bool files);

/* A new turn, in which all are added again; then those that were not are given up. */
void marks_turn(struct marks *m);
void marks_sweep(struct marks *m);

/* The first mark of this number, and the next one of the same after it; NULL: none. */
struct mark *marks_find(const struct marks *m, int wd);
struct mark *marks_next(const struct mark *mark);

/* The kernel has dropped this one (IN_IGNORED). */
void marks_lost(struct marks *m, int wd);

/* Stop watching the contents of path and of all below it. */
void marks_forget(struct marks *m, const char *path);

#endif

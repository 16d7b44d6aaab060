/*
 * marks.h - which directories inotify(7) watches, and by which path we know each.
 *
 * A mark is there for the contents of a directory (it has a path), or only for the names of parts
 * of a root's path, or both.
 */
#ifndef WATCHER_MARKS_H
#define WATCHER_MARKS_H

#include <stdbool.h>
#include <stddef.h>

struct mark {
	int wd;
	char *path;		/* NULL: only a part of a root's path */
	bool part;
	bool fresh;		/* part: still one after the roots were resolved again */
	struct mark *next;
};

struct marks;

/* NULL with errno where inotify cannot be had. */
struct marks *marks_open(void);
void marks_close(struct marks *m);
int marks_descriptor(const struct marks *m);
size_t marks_count(const struct marks *m);

/*
 * Watch a directory for its contents; "" is the working directory. 0, or -1 with errno: ENOSPC when
 * the system has no more.
 */
int marks_add(struct marks *m, const char *path);

/*
 * Watch a directory for the names in it that matter to a root, with files: for what is written to
 * them, too. Returns its wd, or -1 with errno.
 */
int marks_add_part(struct marks *m, const char *path, bool files);

/* After marks_add_part() was called again for all parts: give up those that no longer are one. */
void marks_settle_parts(struct marks *m);

struct mark *marks_find(const struct marks *m, int wd);

/* The kernel has dropped this one (IN_IGNORED). */
void marks_lost(struct marks *m, int wd);

/* Stop watching the contents of path and of all below it. */
void marks_forget(struct marks *m, const char *path);

#endif

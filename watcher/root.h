/*
 * root.h - one path of BATON_WATCH, which may not exist yet, go away, or be a link that moves.
 *
 * Each directory that its path leads through, links included, is watched for the one name in it
 * that matters. So a root that is made, deleted, renamed over or swapped is noticed.
 */
#ifndef WATCHER_ROOT_H
#define WATCHER_ROOT_H

#include <limits.h>
#include <stdbool.h>

#include "watcher/marks.h"

enum { ROOT_PARTS = 64 };

enum root_kind { ROOT_MISSING, ROOT_DIRECTORY, ROOT_FILE };

struct root_part {
	int wd;
	char name[NAME_MAX + 1];
};

struct root {
	char path[PATH_MAX];	/* "" is the working directory; else relative to it, or absolute */
	enum root_kind kind;
	int part_count;
	struct root_part parts[ROOT_PARTS];
};

/* A path as we write it: no "./", no "//", no '/' at the end, relative where that can be. */
int root_normalize(char *to, size_t size, const char *path);

/* Follow the path as it is now and watch its parts. marks may be NULL. */
void root_resolve(struct root *root, struct marks *marks);

/* Is this name, in the directory that wd watches, a part of the root's path? */
bool root_has_part(const struct root *root, int wd, const char *name);

#endif

/*
 * root.h - one path of BATON_WATCH, which may not exist yet, go away, or be a link that moves.
 *
 * Each directory that its path leads through, links included, is watched for the one name in it
 * that matters. So a root that is made, deleted, renamed over or swapped is noticed. A link below a
 * root that leads out of what is watched is a root of its own.
 */
#ifndef WATCHER_ROOT_H
#define WATCHER_ROOT_H

#include <stdbool.h>
#include <stddef.h>

#include "watcher/marks.h"

enum { ROOT_PARTS = 64 };

enum root_kind { ROOT_MISSING, ROOT_DIRECTORY, ROOT_FILE };

struct root_part {
	int wd;
	char *name;
};

struct root {
	char *path;		/* "" is the working directory; else relative to it, or absolute */
	char *real;		/* without links; NULL while it is missing */
	enum root_kind kind;
	int part_count;
	struct root_part *parts;

	/* what scan.c knows of it */
	bool link;		/* not of BATON_WATCH: it was found below another root */
	bool fresh;		/* link: found in this turn */
	bool looked;		/* at, in this turn */
	bool silent;		/* inotify does not tell of all changes in it */
	bool tested, refused;	/* said once */
};

/* path is copied. Ends the process when out of memory. The caller frees it. */
struct root *root_new(const char *path);
void root_free(struct root *root);

/* A path as we write it: no "./", no "//", no '/' at the end, relative where that can be. */
int root_normalize(char *to, size_t size, const char *path);

/* Follow the path as it is now and watch its parts. marks may be NULL. */
void root_resolve(struct root *root, struct marks *marks);

/* Is this name, in the directory that wd watches, a part of the root's path? */
bool root_has_part(const struct root *root, int wd, const char *name);

#endif

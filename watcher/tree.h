/*
 * tree.h - what a watched tree looked like: path -> stamp. PURE: no system calls.
 *
 * A look at a file is compared with the look before. A rescan is a turn: tree_turn(), a
 * tree_note() for each file that is there, and tree_sweep() for those that were not seen again.
 */
#ifndef WATCHER_TREE_H
#define WATCHER_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What tells one state of a file from the next without reading it. */
struct stamp {
	uint32_t kind;		/* S_IFMT bits; a link carries what it points at, too */
	uint64_t inode;
	int64_t size;
	int64_t mtime_ns, ctime_ns;
};

enum tree_change { TREE_SAME, TREE_NEW, TREE_CHANGED };

struct tree;

/* NULL when out of memory. The caller frees it. */
struct tree *tree_new(void);
void tree_free(struct tree *t);

size_t tree_count(const struct tree *t);

/* A new turn: nothing was seen yet. */
void tree_turn(struct tree *t);

/* Seen now, in this turn. Ends the process when out of memory. */
enum tree_change tree_note(struct tree *t, const char *path, const struct stamp *stamp);

/*
 * The contents of a file, as a digest, when they are first known or known again. Returns true if
 * they are not what they were, or were not known. False for a path that was never noted.
 */
bool tree_digest(struct tree *t, const char *path, uint64_t digest);

/* Call visit for each; it must not change the tree. */
typedef void tree_visit(void *with, const char *path, const struct stamp *stamp);
void tree_each(const struct tree *t, tree_visit *visit, void *with);

typedef void tree_gone(void *with, const char *path);

/* What was last seen at path, or NULL. Good until the tree changes. */
const struct stamp *tree_find(const struct tree *t, const char *path);

/* Forget this one path. True if it was known. */
bool tree_drop(struct tree *t, const char *path);

/* Forget path and all below it; gone, unless NULL, is called for each. Returns how many. */
size_t tree_forget(struct tree *t, const char *path, tree_gone *gone, void *with);

/* The same for all at or below path that were not seen in this turn. */
size_t tree_sweep(struct tree *t, const char *path, tree_gone *gone, void *with);

/* Is path prefix itself, or below it? An empty prefix or "/" holds all. */
bool tree_below(const char *path, const char *prefix);

#endif

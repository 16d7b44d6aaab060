/*
 * tree.h - what a watched tree looked like: path -> stamp and digest. PURE: no system calls.
 *
 * A look at a file is compared with the look before. A rescan is a turn: tree_turn(), a
 * tree_note() for each file that is there, and tree_sweep() for those that were not seen again.
 *
 * A file costs 24 bytes and its name: of a stamp and of contents 48 bits are kept, of a path the
 * directory's number.
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
	bool fresh;		/* it changed a moment ago: the next change may look the same */
};

/* TREE_UNSURE: it looks the same, and did not look settled before. */
enum tree_change { TREE_SAME, TREE_NEW, TREE_CHANGED, TREE_UNSURE };

/* Digests are of 48 bits, and of these two are none. */
enum { TREE_UNKNOWN = 0, TREE_ABSENT = 1 };
#define TREE_DIGEST_BITS 48

struct tree;

/* NULL when out of memory. The caller frees it. */
struct tree *tree_new(void);
void tree_free(struct tree *t);

size_t tree_count(const struct tree *t);

/* A new turn: nothing was seen yet. */
void tree_turn(struct tree *t);

/* Seen now, in this turn. The digest stays. Ends the process when out of memory. */
enum tree_change tree_note(struct tree *t, const char *path, const struct stamp *stamp);

bool tree_has(const struct tree *t, const char *path);

/* Does it look as it did when it was noted, and did so for sure? */
bool tree_same(const struct tree *t, const char *path, const struct stamp *stamp);

/* The contents of a file, TREE_UNKNOWN until somebody told them. */
uint64_t tree_digest(const struct tree *t, const char *path);

/* Remember them. False, and nothing is kept, for a path that was never noted. */
bool tree_learn(struct tree *t, const char *path, uint64_t digest);

/*
 * The next one from *at on (0: from the first) whose contents are not known; *at is where to go on.
 * False at the end. to holds the path.
 */
bool tree_next_unknown(const struct tree *t, size_t *at, char *to, size_t size);

/* It must not change the tree; what goes is still in it. */
typedef void tree_gone(void *with, const char *path);

/* Forget this one path. True if it was known. */
bool tree_drop(struct tree *t, const char *path);

/* Forget path and all below it; gone, unless NULL, is called for each. Returns how many. */
size_t tree_forget(struct tree *t, const char *path, tree_gone *gone, void *with);

/* The same for all at or below path that were not seen in this turn. */
size_t tree_sweep(struct tree *t, const char *path, tree_gone *gone, void *with);

/* Is path prefix itself, or below it? An empty prefix or "/" holds all. */
bool tree_below(const char *path, const char *prefix);

#endif

/*
 * patterns.h - which paths count: BATON_WATCH_EXT and BATON_WATCH_IGNORE. PURE.
 */
#ifndef WATCHER_PATTERNS_H
#define WATCHER_PATTERNS_H

#include <stdbool.h>

struct patterns;

/*
 * extensions: ".md,ts", with or without the dot, or NULL for all. ignore: patterns as in
 * gitignore(5) with ',' between: `*.tmp`, `drafts/` (directories only), `/build` (at the top only),
 * paths with `**`, `!keep.tmp`; the last one that matches decides. As in git, nothing below an
 * ignored directory can be had back. .git and node_modules are ignored, unless `!` says otherwise.
 * Ends the process when out of memory. The caller frees it.
 */
struct patterns *patterns_new(const char *extensions, const char *ignore);
void patterns_free(struct patterns *p);

/*
 * Is this path to be passed over? path is relative, without "./" in front; a directory that is
 * ignored is not to be entered, so its contents need not be asked for.
 */
bool patterns_ignored(const struct patterns *p, const char *path, bool directory);

/* Does a file of this name count, going by its extension? */
bool patterns_wanted(const struct patterns *p, const char *name);

#endif

/*
 * patterns.h - which paths count: BATON_WATCH_EXT and BATON_WATCH_IGNORE. PURE: nothing is kept.
 */
#ifndef WATCHER_PATTERNS_H
#define WATCHER_PATTERNS_H

#include <stdbool.h>

/*
 * Is this path to be passed over? list holds patterns as in gitignore(5) with ',' between, or is
 * NULL: `*.tmp`, `drafts/` (directories only), `/build` (at the top only), paths with `**`,
 * `!keep.tmp`; the last one that matches decides. As in git, nothing below an ignored directory can
 * be had back. .git and node_modules are ignored, unless a `!` says otherwise.
 *
 * path is relative, without "./" in front. A directory that is ignored is not to be entered, so what
 * is in it need not be asked for.
 */
bool patterns_ignored(const char *list, const char *path, bool directory);

/* Does a file of this name count? list: ".md,ts", with or without the dot; NULL or "": all do. */
bool patterns_wanted(const char *list, const char *name);

#endif

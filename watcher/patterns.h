/*
 * patterns.h - lists of patterns: BATON_WATCH_EXT, BATON_WATCH_IGNORE, BATON_RELOAD_ONLY. PURE:
 * nothing is kept.
 */
#ifndef WATCHER_PATTERNS_H
#define WATCHER_PATTERNS_H

#include <stdbool.h>

struct pattern;

enum patterns_answer { PATTERNS_SILENT, PATTERNS_IGNORED, PATTERNS_KEPT };

/*
 * What does the list say of this path? It holds patterns as in gitignore(5) with ',' or a new line
 * between, or is NULL: `*.tmp`, `drafts/` (directories only), `/build` (at the top only), paths with
 * `**`, `!keep.tmp`; the last one that matches decides. A ',' that belongs to a name is `\,`.
 *
 * path is relative, without "./" in front. As in git, nothing below an ignored directory can be had
 * back: such a directory is not to be entered, so what is in it need not be asked for.
 */
enum patterns_answer patterns_ask(const char *list, const char *path, bool directory);

/*
 * The same, where .git, node_modules, and the swap, lock and backup files of editors are ignored unless
 * a `!` says otherwise.
 */
bool patterns_ignored(const char *list, const char *path, bool directory);

/* The same of patterns that were read before; NULL and 0 are none. */
enum patterns_answer patterns_ask_read(const struct pattern *read, int count, const char *path,
    bool directory);

/* The next item of a list, at *at, which moves on: from..end, without blanks. False at its end. */
bool patterns_next(const char **at, const char **from, const char **end);

/* Does a file of this name count? list: ".md,ts", with or without the dot; NULL or "": all do. */
bool patterns_wanted(const char *list, const char *name);

#endif

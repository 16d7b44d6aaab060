/*
 * assets.h - BATON_ASSETS: releases lend each other the files whose names carry a hash.
 *
 * A page that a browser has from one release asks for the styles and scripts of that release, also
 * when another one serves by then. So each release that stays has, in the directories that are named,
 * the hashed files of all others that stay: as hard links, or copies where there can be none. A file
 * that a release has itself is never touched.
 *
 * What is borrowed is listed in `N.assets`, a path relative to the release on each line, with a '/' at
 * the end of directories that were made for it. It stands there before it is borrowed, so after a
 * crash too a file that is not listed is the release's own, and counts in its digest; one that is
 * listed does not. When a release goes, what only it lent goes from the others.
 */
#ifndef WATCHER_ASSETS_H
#define WATCHER_ASSETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The next directory of a list as BATON_ASSETS has it: "client/_astro:static=all", ':' or ',' between,
 * relative to the release. *all: every file in it, not the hashed ones alone. 1, 0 at the end, or -1
 * for one that is not accepted: absolute, leading out, too long, or with another word behind '='.
 */
int assets_next(const char **list, char *path, size_t size, bool *all);

/*
 * Settle all that is borrowed among the releases of `staying`, which ends with 0; whatever is borrowed
 * from others is given up. Safe to be cut off anywhere, and to be done again. Says what it did, or in
 * one sentence what it could not do. 0, or -1 when a file could not be lent.
 */
int assets_unite(const char *releases, const char *list, const int32_t *staying);

#endif

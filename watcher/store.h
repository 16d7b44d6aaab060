/*
 * store.h - releases on disk.
 *
 * A release is a directory, `RELEASES/N`, whole from the moment that it has this name and never
 * changed after it. While it is made it is `.N`, and `.N.tmp` and `.N.changed` lie beside it; while it
 * is removed it is `.N.gone`. `N.info` is the record of its build and `N.log` what the build said; a
 * failed build has these two only, and with BATON_SANDBOX=learn `N.calls`, the system calls it used.
 * Numbers grow for ever.
 *
 * The one exception from "never changed": with BATON_ASSETS, files whose name carries a hash are
 * borrowed from one release into another, in the directories that it names and nowhere else.
 * `N.assets` lists them, so they can be told from the release's own: see assets.h.
 *
 * A crash at any step leaves a release whole or without its name: the record is there first, then
 * all contents are synced, then the name is given, then the directory is synced.
 */
#ifndef WATCHER_STORE_H
#define WATCHER_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "watcher/record.h"

/* The path of a release: "RELEASES/7". 0, or -1 if it does not fit. */
int store_path(char *to, size_t size, const char *releases, int32_t number);

/* The path of what belongs to it: before "." and after ".tmp", say. */
int store_file(char *to, size_t size, const char *releases, const char *before, int32_t number,
    const char *after);

/*
 * Make the directory where it is missing, remove what a cut-off build or removal left, and record of
 * that build that it was cut off. Only while nothing builds. 0 or -1 with errno.
 */
int store_prepare(const char *releases);

/* A number that no build ever had. */
int32_t store_next(const char *releases);

/* The newest release that is whole, 0 for none. */
int32_t store_newest(const char *releases);

/* Read N.info; write it, durable and never torn. 0 or -1 with errno. */
int store_read(const char *releases, int32_t number, struct record *record);
int store_write(const char *releases, const struct record *record);

/*
 * `.N` becomes `N`: record written, contents synced, renamed, directory synced. 0 or -1 with errno;
 * then the record has to be written again.
 */
int store_seal(const char *releases, const struct record *record);

/* Remove `.N` and all that begins so, 0: of every N; N.info and N.log stay. */
void store_drop(const char *releases, int32_t number);

/*
 * Remove releases, except the newest `keep`, `live`, and those that in_use names: "3 7 9".
 * Records and logs of builds stay four times as long as releases do.
 */
void store_prune(const char *releases, int keep, int32_t live, const char *in_use);

/*
 * All builds that are known, newest first; live: the live release, to be marked. Returns how many
 * were written, at most `most`.
 */
int store_list(const char *releases, int32_t live, struct record *records, int most);

/*
 * The releases that stay, newest first: the newest `keep` and those that in_use names. The caller
 * frees the array, which ends with 0; NULL when there are none.
 */
int32_t *store_staying(const char *releases, int keep, const char *in_use);

/* What there is none of left in the file system: "space", "inodes"; NULL if it has both. */
const char *store_shortage(const char *releases);

#endif

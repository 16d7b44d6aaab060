/*
 * store.h - releases on disk.
 *
 * A release is a directory, `RELEASES/N`, whole from the moment that it has this name and never
 * changed after it. While it is made it is `.N`, and `.N.tmp` and `.N.changed` lie beside it.
 * `N.info` is the record of its build and `N.log` what the build said; a failed build has these two
 * only. Numbers grow for ever.
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

/* Make the directory where it is missing, remove what a cut-off build left. 0 or -1 with errno. */
int store_prepare(const char *releases);

/* A number that no build ever had. */
int32_t store_next(const char *releases);

/* The newest release that is whole, 0 for none. */
int32_t store_newest(const char *releases);

/* Read N.info, write it. 0 or -1 with errno. */
int store_read(const char *releases, int32_t number, struct record *record);
int store_write(const char *releases, const struct record *record);

/* `.N` becomes `N`: contents synced, renamed, directory synced. 0 or -1 with errno. */
int store_seal(const char *releases, int32_t number);

/* Remove `.N` and all that begins so; N.info and N.log stay. */
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

#endif

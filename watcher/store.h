/*
 * store.h - releases on disk.
 *
 * A release is a directory, `RELEASES/N`, whole from the moment that it has this name and never
 * changed after it. While it is made it is `.N`. Beside it are `N.info`, the record of its build,
 * and `N.log`, what the build said; failed builds have these two only. Numbers grow for ever.
 */
#ifndef WATCHER_STORE_H
#define WATCHER_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "watcher/survey.h"

enum store_result { STORE_UNKNOWN, STORE_BUILT, STORE_SAME, STORE_FAILED, STORE_IMPORTED };

/* What N.info holds. */
struct store_record {
	int32_t number;
	enum store_result result;
	int32_t same_as;	/* STORE_SAME: which release it equals */
	msec time;		/* of its start, since the epoch */
	msec length;
	struct survey survey;	/* what is in it */
	char trigger[32];
	char why[104];		/* STORE_FAILED: a sentence */

	bool present, live;	/* not in the file: is there a directory, is it the live one */
};

/* The path of a release: "RELEASES/7". 0, or -1 if it does not fit. */
int store_path(char *to, size_t size, const char *releases, int32_t number);

/* Make the directory where it is missing, remove what a cut-off build left. -1 with errno. */
int store_prepare(const char *releases);

/* A number that no build ever had. */
int32_t store_next(const char *releases);

/* The newest release that is whole, 0 for none. */
int32_t store_newest(const char *releases);

/* Read and write N.info. 0 or -1; a missing field keeps its zero. */
int store_read(const char *releases, int32_t number, struct store_record *record);
int store_write(const char *releases, const struct store_record *record);

/* `.N` becomes `N`: contents synced, renamed, directory synced. 0 or -1 with errno. */
int store_seal(const char *releases, int32_t number);

/* Remove `.N` and what belongs to it; N.info and N.log stay. */
void store_drop(const char *releases, int32_t number);

/*
 * Remove releases, except the newest `keep`, `live`, and all from `lowest` up (0: none is in use).
 * Records and logs of builds stay four times as long as releases do.
 */
void store_prune(const char *releases, int keep, int32_t live, int32_t lowest);

/* All that is known, newest first. live may be NULL. Returns how many, at most `most`. */
int store_list(const char *releases, const char *live, struct store_record *records, int most);

/* "built", "same", "failed", "imported", "unknown". */
const char *store_result_name(enum store_result result);

#endif

/*
 * record.h - N.info, the record of one build, as text: a name, a space, a value, one a line.
 */
#ifndef WATCHER_RECORD_H
#define WATCHER_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "watcher/survey.h"

enum record_result { RECORD_UNKNOWN, RECORD_BUILT, RECORD_SAME, RECORD_FAILED, RECORD_IMPORTED };

struct record {
	int32_t number;
	enum record_result result;
	int32_t same_as;	/* RECORD_SAME: the release it equals */
	msec time;		/* of its start, since the epoch */
	msec length;
	struct survey survey;	/* what is in it */
	char trigger[104];
	char why[104];		/* RECORD_FAILED: a sentence */

	bool present, live;	/* not in the file: is there a directory, is it the live one */
};

/* 0, or -1 when it does not fit. */
int record_print(const struct record *record, char *to, size_t size);

/* What is missing or unknown keeps its zero. Changes text. */
void record_parse(struct record *record, char *text);

/* "built", "same", "failed", "imported", "unknown". */
const char *record_result_name(enum record_result result);

#endif

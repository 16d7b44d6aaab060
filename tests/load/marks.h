/*
 * marks.h - labels that a script gives to stretches of the run ("steady", "handoff"), one a line on
 * standard input; "stop" ends the run.
 */
#ifndef LOAD_MARKS_H
#define LOAD_MARKS_H

#include <stdbool.h>
#include <stddef.h>

enum { MARKS_MAX = 16, MARK_SIZE = 32 };

struct marks {
	char names[MARKS_MAX][MARK_SIZE];
	int count, current;
	bool stop; /* "stop" was read */
	char line[MARK_SIZE];
	size_t line_size;
};

/* Begin with one label, which is 0 and means the ordinary. Returns -1 if it is no label. */
int marks_begin(struct marks *m, const char *first);

/* Take bytes as they come. What is no label, or one too many, is ignored. */
void marks_feed(struct marks *m, const char *bytes, size_t count);

/*
 * The label of a request that began under `began` and ends now: anything but the ordinary wins, so
 * that a request which overlaps a handoff counts as the handoff's.
 */
int marks_settle(const struct marks *m, int began);

#endif

/*
 * measure.h - what a build has written so far: a walk in slices, while it goes on writing.
 *
 * Takes no memory for what a directory holds, so a million files in one are as good as one. It goes
 * over the same directories again and again, and counts what it finds; two links to a file are a
 * half each.
 */
#ifndef WATCHER_MEASURE_H
#define WATCHER_MEASURE_H

#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>

enum { MEASURE_ROOTS = 2, MEASURE_DEEPEST = 200 };

struct measure {
	const char *roots[MEASURE_ROOTS];	/* borrowed */
	int root;			/* which one is walked */
	DIR *way[MEASURE_DEEPEST];	/* from it down to where we are */
	int depth;
	int64_t bytes, whole;		/* in this walk so far; of the last whole one */
	bool nested;			/* it goes deeper than that */
};

void measure_open(struct measure *m, const char *first, const char *second);
void measure_close(struct measure *m);

/* Look at so many more entries. True when the walk came to its end; the next call begins another. */
bool measure_some(struct measure *m, int entries);

/* Bytes, as far as is known by now: a file counts for USAGE_FILE_BYTES at least. */
int64_t measure_bytes(const struct measure *m);

#endif

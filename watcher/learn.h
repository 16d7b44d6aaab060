/*
 * learn.h - read the files that nobody changed yet, in small slices, so that a later touch is judged
 * by contents.
 */
#ifndef WATCHER_LEARN_H
#define WATCHER_LEARN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tree;

struct learn {
	size_t at;		/* in the tree */
	int64_t bytes;		/* read so far */
	bool done;
};

/*
 * Read the next few files, for a few milliseconds, and learn what they hold: only if they are as they
 * were noted, before and after. Files over 1 MiB, and what is left after 256 MiB, are never read; a
 * touch of these counts as a change.
 */
void learn_more(struct learn *l, struct tree *tree);

#endif

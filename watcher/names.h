/*
 * names.h - a sorted set of paths. Owns copies of them; running out of memory ends the process.
 */
#ifndef WATCHER_NAMES_H
#define WATCHER_NAMES_H

#include <stdbool.h>
#include <stddef.h>

struct names {
	char **at;
	size_t count, room;
	bool sorted;		/* and each is there once */
};

void names_add(struct names *n, const char *name);
bool names_have(struct names *n, const char *name);

/* Is there one that begins so? */
bool names_begin(struct names *n, const char *prefix);

/* In order, each once; before that `at` is as they were added. */
void names_sort(struct names *n);

/* All lines of a text, in which each newline becomes a NUL. */
void names_add_lines(struct names *n, char *text);

void names_free(struct names *n);

#endif

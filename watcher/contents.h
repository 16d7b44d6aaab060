/*
 * contents.h - what a watched file holds, as one number of TREE_DIGEST_BITS.
 */
#ifndef WATCHER_CONTENTS_H
#define WATCHER_CONTENTS_H

#include <stdint.h>

/* What is larger than that is not read: its size and its time stand for it. */
enum { CONTENTS_LARGEST = 16 * 1024 * 1024 };

/*
 * Of what is there now: TREE_ABSENT, or the digest of a file's contents. A link counts by what it
 * points at; one that points at no file, by its own text. Never TREE_UNKNOWN.
 */
uint64_t contents_digest(const char *path);

#endif

/*
 * digest.h - one number that stands for contents: FNV-1a, 64 bits. It tells a change from none; it
 * is no protection against somebody who looks for a collision.
 */
#ifndef WATCHER_DIGEST_H
#define WATCHER_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#define DIGEST_START UINT64_C(14695981039346656037)

uint64_t digest_bytes(uint64_t digest, const void *bytes, size_t size);

/* The text and its NUL, so that "ab","c" and "a","bc" differ. */
uint64_t digest_text(uint64_t digest, const char *text);

/* All of a regular file; links are not followed. 0 or -1 with errno. */
int digest_file(uint64_t *digest, const char *path);

#endif

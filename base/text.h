/*
 * text.h - bounded strings and the values people write in them.
 *
 * No function allocates. A parser returns 0, or -1 with its output untouched.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"

/* Copy with a NUL at the end; -1 (and a cut copy) if it did not fit. */
int text_copy(char *to, size_t size, const char *from);

/* snprintf at the end of what `to` holds; -1 if it did not fit. */
int text_append(char *to, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A whole decimal number and nothing else, min..max. */
int text_number(const char *text, int64_t min, int64_t max, int64_t *value);

/* "500ms", "10s", "5m", "1h", "0"; a bare number is refused unless it is 0. */
int text_duration(const char *text, msec *value);

/* "64k", "512M", "2G" or bytes; powers of 1024. */
int text_size(const char *text, int64_t *bytes);

/* "on", "off". */
int text_switch(const char *text, bool *value);

/* The shortest exact way to write a duration ("1500ms", "10s", "5m"). */
void text_duration_print(char *to, size_t size, msec value);

/* Edits (insert, delete, replace, swap neighbours) from one word to another. */
int text_distance(const char *from, const char *to);

/* True when text begins with prefix. */
bool text_begins(const char *text, const char *prefix);

/*
 * Escape bytes below space, DEL, quote and backslash as JSON does, and bytes that are no
 * UTF-8 as \u00XX, so that a name of any bytes can stand in a log line.
 */
void text_escape(char *to, size_t size, const char *from, size_t length);

#endif

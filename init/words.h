/*
 * words.h - a command in one line, as words. No shell: nothing is expanded.
 */
#ifndef INIT_WORDS_H
#define INIT_WORDS_H

/*
 * Split at blanks outside of '...' and "..."; a backslash takes the next letter as it is, in '...'
 * itself, and in "..." before anything but " and \ itself, too. Returns an array of one malloc that
 * ends with NULL and has at least one word, or NULL with `wrong` saying why: "has ...".
 */
char **words_split(const char *text, const char **wrong);

#endif

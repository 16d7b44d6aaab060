/*
 * glob.h - wildcards as git means them. PURE.
 *
 * `?` and `*` stay within a name, `**` between slashes (or an end) stands for any number of
 * directories, `[a-z]`, `[!x]`, `[[:alpha:]]` for one letter of a set, `\` takes away a meaning. A
 * name that begins with a dot is like any other.
 */
#ifndef WATCHER_GLOB_H
#define WATCHER_GLOB_H

#include <stdbool.h>

/*
 * Does all of text match glob..end? What is malformed (a set without its end, a `\` at the end)
 * matches nothing. Takes at most as many steps as both are long, multiplied, for each of the two
 * kinds of stars: a pattern is no way to keep us busy.
 */
bool glob_matches(const char *glob, const char *end, const char *text);

/* How many bytes of glob..end come before the first that means something. */
long glob_plain(const char *glob, const char *end);

#endif

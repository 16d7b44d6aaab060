/*
 * path.h - where one path lies to another, by their letters: what they name may not exist yet.
 */
#ifndef INIT_PATH_H
#define INIT_PATH_H

#include <stdbool.h>

/* Is `inner` the same path as `outer`, or below it? Relative ones begin where baton was started. */
bool path_contains(const char *outer, const char *inner);

#endif

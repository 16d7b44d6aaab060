/*
 * modes.h - chmod(2), utimensat(2) and the like of a build, made by its builder.
 *
 * A build may have the user of the live release, and Landlock has no right for modes and times. So
 * these calls wait for the builder (base/trap.h): it opens what they name, looks where that lies, and
 * changes what it has opened. Between the look and the change nothing can be put in its place.
 */
#ifndef WATCHER_MODES_H
#define WATCHER_MODES_H

#include <stdbool.h>
#include <stddef.h>

struct places;
struct trap_call;

/* The calls, *count of them; numbers below 0 are calls that this machine has not. */
const int *modes_calls(size_t *count);

bool modes_are(int call);

/* Do what the call asks for if it is about one of the places. Returns 0 or an errno for the caller. */
int modes_perform(const struct places *places, const struct trap_call *call);

#endif

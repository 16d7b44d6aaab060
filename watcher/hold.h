/*
 * hold.h - is git about to change many of the sources, so that a build now would see half of them?
 */
#ifndef WATCHER_HOLD_H
#define WATCHER_HOLD_H

#include <stdbool.h>

#include "base/clock.h"

/*
 * Does a checkout, merge or rebase go on in the work tree that directory (without links in its path)
 * lies in? A lock or a rebase that has not moved for `stale` was left behind, or waits for somebody.
 */
bool hold_for_git(const char *directory, msec stale);

#endif

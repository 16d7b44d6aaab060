/*
 * cgroup_place.h - the cgroup that one for a build can be made in.
 */
#ifndef WATCHER_CGROUP_PLACE_H
#define WATCHER_CGROUP_PLACE_H

#include <limits.h>
#include <stdbool.h>

#include "base/hierarchy.h"
#include "watcher/cgroup.h"

/* What version 2 and the kernel call it. */
extern const char *const cgroup_place_names[CGROUP_CONTROLLERS];

/*
 * Of version 2: our own, or the one above if that is delegated to us; with init 1 those in it may be
 * moved to make room. False when no cgroup below it would have a controller.
 */
bool cgroup_place_second(const struct hierarchy *h, int init, char directory[PATH_MAX]);

/* Of version 2, without a change to anything: could the first process of a container make one? */
bool cgroup_place_could(const struct hierarchy *h);

/* Of version 1: our own in this controller's tree. False when it cannot be written. */
bool cgroup_place_first(const struct hierarchy *h, enum cgroup_controller which,
    char directory[PATH_MAX]);

#endif

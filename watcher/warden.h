/*
 * warden.h - the role *warden*, between watcher and builders.
 *
 * What a process may not do, nothing below it may. So builders are not the watcher's children but the
 * warden's, which has the fence of builds and the user that they run as, and does nothing but start
 * them and wait. The watcher has a fence of its own, in which no build could live.
 *
 * argv {"baton", "warden", SERVICE, CGROUP, NULL}. It ends when its channel closes, and then so does a build.
 */
#ifndef WATCHER_WARDEN_H
#define WATCHER_WARDEN_H

#include <stdint.h>

#include "watcher/config.h"

struct cgroup;

/* Start it, before the watcher is fenced, for builds in this cgroup. Returns the channel to it, or -1 with errno. */
int warden_start(const struct watch_config *config, const struct cgroup *group);

/*
 * Have it start a builder with this channel and this output, which the caller still owns. 0 or -1. As
 * long as the builder's channel is open it runs; one at a time.
 */
int warden_build(int warden, int32_t number, const char *trigger, int channel, int output);

/* The role itself; group as cgroup_print() has it. Returns its exit status. */
int warden_run(const struct watch_config *config, const char *group);

/* 1: the builder and all below it are gone, with this wait status. 0: not yet. -1: the warden is. */
int warden_ended(int warden, int *status);

#endif

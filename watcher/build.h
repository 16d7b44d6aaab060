/*
 * build.h - the role *builder*: one build, fenced in, and nothing left of it afterwards.
 *
 * argv {"baton", "builder", SERVICE, NUMBER, CGROUP, NULL}. ROLE_CHANNEL is the watcher's: when it
 * closes, the build ends. ROLE_EXTRA is where the build's output goes. BATON_TRIGGER is in the
 * environment.
 */
#ifndef WATCHER_BUILD_H
#define WATCHER_BUILD_H

#include "watcher/config.h"

/*
 * Run config->build with BATON_OUT as `.NUMBER` below config->releases. Returns the exit status: 0,
 * or not 0 and why was sent to the watcher as MESSAGE_BUILD_FAILED (code: wait status). group: of
 * cgroup_print(), or NULL.
 */
int build_run(const struct watch_config *config, int number, const char *group);

#endif

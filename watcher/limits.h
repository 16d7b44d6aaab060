/*
 * limits.h - what a build may take of the machine: the service beside it comes first.
 *
 * By a cgroup where one can be made, else by rlimits and what the scheduler offers to everybody; and
 * lookout.h watches beside both.
 */
#ifndef WATCHER_LIMITS_H
#define WATCHER_LIMITS_H

#include <stdbool.h>
#include <stdio.h>

#include "watcher/cgroup.h"
#include "watcher/config.h"

/* When memory ends, this process and its children go first. */
void limits_go_first(void);

/*
 * In the watcher, before its fence: make the cgroup that builds will run in, with its limits, and say
 * in one line what holds. builds: there will be some; else, or without a sandbox, there is no cgroup.
 */
void limits_prepare(struct cgroup *group, const struct sandbox_config *config, bool builds);

/* Let this process and its children step back: processor and disk. */
void limits_yield(const struct sandbox_config *config, const struct cgroup *group);

/* Set the rlimits that are configured, for this process and its children. 0 or -1 with errno. */
int limits_set(const struct sandbox_config *config);

/* For the doctor: lines that tell by what means a build is limited here. */
void limits_describe(FILE *to);

#endif

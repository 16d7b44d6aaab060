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

/*
 * When memory ends the build goes first and its builder with it, whose score is the highest there
 * is; the warden, who kills what is left of them, and the watcher after both, and the service last.
 *
 * In the watcher and the warden, before their fence. Returns its score's file, or -1.
 */
int limits_go_early(void);

/* Who is started between these two is a builder; the second takes what the first returned. */
int limits_fork_builder(int score);
void limits_forked_builder(int score, int before);

/*
 * In the watcher, before its fence: make the cgroup that builds will run in, with its limits, and say
 * in one line what holds. builds: there will be some; else, or without a sandbox, there is no cgroup.
 */
void limits_prepare(struct cgroup *group, const struct sandbox_config *config, bool builds);

/*
 * The hundredths of a processor that a build may use, 0 for all it can get: what is configured, else
 * half of the container's quota, because there the service waits for its next period, too.
 */
int limits_cpu(const struct sandbox_config *config);

/* Let this process and its children step back: processor and disk. */
void limits_yield(const struct sandbox_config *config, const struct cgroup *group);

/* Set the rlimits that are configured, for this process and its children. 0 or -1 with errno. */
int limits_set(const struct sandbox_config *config);

/* For the doctor: lines that tell by what means a build is limited here. */
void limits_describe(FILE *to);

#endif

/*
 * limits.h - what a build may take of the machine: the service beside it comes first.
 */
#ifndef WATCHER_LIMITS_H
#define WATCHER_LIMITS_H

#include "watcher/config.h"

/* When memory ends, this process and its children go first. */
void limits_go_first(void);

/* Let this process and its children step back: processor and disk. */
void limits_yield(void);

/* Set the limits that are configured, for this process and its children. 0 or -1 with errno. */
int limits_set(const struct sandbox_config *config);

#endif

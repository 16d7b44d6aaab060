/*
 * fence.h - what the watcher and a build may reach, from what is configured.
 *
 * A fence is for good, and a build stands within the watcher's: so the watcher keeps what any build
 * may be given, and a build loses the rest. Neither sees /run/secrets, unless BATON_SANDBOX_READ names it.
 */
#ifndef WATCHER_FENCE_H
#define WATCHER_FENCE_H

#include <stdbool.h>
#include <stddef.h>

#include "watcher/cgroup.h"
#include "watcher/config.h"

/*
 * The watcher's: reads the system, the working directory and the roots; writes the working
 * directory, the releases and BATON_SANDBOX_WRITE; and the files of the cgroup for builds. Says in
 * one line what is held. True if a scope for signals is in force.
 */
bool fence_watcher(const struct watch_config *config, const struct cgroup *group);

/*
 * A build's, entered by its builder: reads the same, writes `out`, `temporary`, BATON_SANDBOX_WRITE
 * and what there is at the top of the working directory, except .git, the live path and the
 * releases. Returns 1 with a scope for signals, 0 without, or -1 and why: with SANDBOX_STRICT when
 * anything is missing.
 */
int fence_build(const struct watch_config *config, const char *out, const char *temporary,
    char *why, size_t size);

/* Can a build, fenced in, read its home directory? */
bool fence_sees_home(const struct watch_config *config, const char *home);

#endif

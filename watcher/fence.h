/*
 * fence.h - what the watcher, the store and a build may reach, from what is configured.
 *
 * A fence is for good, and a build stands within its warden's: so the warden keeps what any build
 * may be given, and a build loses the rest. Neither sees /run/secrets, unless BATON_SANDBOX_READ
 * names it. The watcher and the store have
 * nobody below them, and so have what they use and no more.
 */
#ifndef WATCHER_FENCE_H
#define WATCHER_FENCE_H

#include <stdbool.h>
#include <stddef.h>

#include "watcher/cgroup.h"
#include "watcher/config.h"

struct places;

/*
 * The warden's: reads the system, the working directory and the roots; writes the working
 * directory, the releases and BATON_SANDBOX_WRITE; and the files of the cgroup for builds. Says in
 * one line what is held, and behind it `who`. True if a scope for signals is in force.
 */
bool fence_warden(const struct watch_config *config, const struct cgroup *group, const char *who);

/*
 * The watcher's: reads the working directory, the roots and BATON_SANDBOX_READ, writes the releases;
 * executes nothing, has no socket but its channels, and the system calls of base/ours.c. It removes the
 * cgroup when it ends.
 */
void fence_watcher(const struct watch_config *config, const struct cgroup *group);

/* The store's: the releases and what is at BATON_LIVE, else as the watcher's. */
void fence_store(const struct watch_config *config);

/*
 * A build's, entered by its builder: reads the same, writes `out`, `temporary`, BATON_SANDBOX_WRITE
 * and what there is at the top of the working directory, except .git, the live path and the
 * releases. What may be written is in `places` then, the caller's to free. Returns 1 with a scope for
 * signals, 0 without, or -1 and why: with SANDBOX_STRICT when anything is missing.
 */
int fence_build(const struct watch_config *config, const char *out, const char *temporary,
    struct places *places, char *why, size_t size);

/* Can a build, fenced in, read its home directory? */
bool fence_sees_home(const struct watch_config *config, const char *home);

#endif

/*
 * lookout.h - watches what a build takes while it runs: memory, disk, processes; and that it gets on.
 *
 * For the builder, whose descendants the build's processes are. Looks are as far apart as what is
 * left allows (usage.h).
 */
#ifndef WATCHER_LOOKOUT_H
#define WATCHER_LOOKOUT_H

#include "base/clock.h"
#include "watcher/cgroup.h"
#include "watcher/config.h"
#include "watcher/container.h"
#include "watcher/measure.h"
#include "watcher/pace.h"
#include "watcher/usage.h"

struct lookout {
	const struct cgroup *group;	/* borrowed; as out and temporary */
	struct usage_bounds bounds;
	struct container container;
	struct measure measure;
	struct usage seen;
	struct pace pace;
	int64_t threads;		/* on the machine, when processes were counted last */
	struct stock disk, files;	/* where it writes, when the build began */
	msec at;			/* when to look again */
	const char *out;
};

/* Before the build starts, and never fails; what cannot be seen is not looked at. */
void lookout_open(struct lookout *l, const struct sandbox_config *config,
    const struct cgroup *group, const char *out, const char *temporary, msec now);
void lookout_close(struct lookout *l);

/* Look around. True when the build must be ended, and one sentence why. */
bool lookout_look(struct lookout *l, msec now, char *why, size_t size);

/*
 * The build has ended: was it too much that it has written, or did memory end it? The same answer.
 * failed: by its own account.
 */
bool lookout_last(struct lookout *l, bool failed, char *why, size_t size);

/* In one line, for the log: by what means builds are limited here. */
void lookout_summary(const struct cgroup *group, const char *mounts, const char *own, char *to,
    size_t size);

#endif

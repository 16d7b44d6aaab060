/*
 * live.h - the role *store*: move the live link, outside of the sandbox, one job a process.
 *
 * argv {"baton", "store", SERVICE, "import" | "publish", NUMBER | "unite", IN_USE, NULL}. Beside the link at $BATON_LIVE there
 * is one of our own, `RELEASES/live`: it stays where the first cannot be made, or was lost with the
 * container.
 */
#ifndef WATCHER_LIVE_H
#define WATCHER_LIVE_H

#include <stdint.h>

#include "watcher/config.h"

/* The release that is live, going by the links; 0 for none. live may be NULL. */
int32_t live_release(const char *live, const char *releases);

/*
 * "import": at the start, before any worker runs, see to it that live is a link. A directory (of
 * the image) becomes a release by copy, unless the same was imported before: then the releases go
 * on where they were. Sends MESSAGE_IN_USE on ROLE_CHANNEL with the number of the live release; 0
 * if there is none; code is 1 then where something is at live that can be served as it is.
 * "publish": live becomes a link to release `number`, by rename, and its directory is synced. Where
 * live cannot be a link (a mount point, a read-only root) only RELEASES/live moves.
 * "unite": the releases that stay lend each other their assets, see assets.h.
 * Returns the exit status: 0, or 1 and it has said why.
 */
int store_run(const struct watch_config *config, const char *verb, int32_t number);

#endif

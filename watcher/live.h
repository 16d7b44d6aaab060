/*
 * live.h - the role *store*: move the live link, outside of the sandbox, one job a process.
 *
 * argv {"baton", "store", "import"|"publish", NUMBER, NULL}.
 */
#ifndef WATCHER_LIVE_H
#define WATCHER_LIVE_H

#include <stdint.h>

#include "watcher/config.h"

/* The release that the live link names, 0 if it is none of them. */
int32_t live_release(const char *live, const char *releases);

/*
 * "import": at the start, before any worker runs, see to it that live is a link: a directory (one
 * of the image) becomes a release by copy; a missing link is made again. Sends MESSAGE_IN_USE on
 * ROLE_CHANNEL with the number of the live release, 0 if there is none: what is found at live is
 * then served as it is. "publish": live becomes a link to release `number`, by rename, and both
 * directories are synced.
 * Returns the exit status: 0, or 1 and it has said why.
 */
int store_run(const struct watch_config *config, const char *verb, int32_t number);

#endif

/*
 * watch.h - the role *watch*: from a saved file to a published release.
 *
 * Speaks on ROLE_CHANNEL: sends MESSAGE_BUILD_STARTED, _BUILT, _BUILD_SAME and _BUILD_FAILED (with
 * the last lines of the build's output as its descriptor), takes MESSAGE_BUILD and MESSAGE_IN_USE.
 * Builds run as *builder* roles below it, one at a time. It never moves the live link.
 */
#ifndef WATCHER_WATCH_H
#define WATCHER_WATCH_H

#include "watcher/config.h"

/*
 * Run until the channel closes or SIGTERM or SIGINT comes; a build that runs is ended then, with
 * everything in it. Returns the exit status: 0, or 1 when it could not start, which it has said.
 * Without config->build a change sends MESSAGE_BUILT with release 0 and nothing before it.
 */
int watch_run(const struct watch_config *config);

#endif

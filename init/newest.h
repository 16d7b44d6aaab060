/*
 * newest.h - does what the watcher says ask for a handoff? PURE.
 */
#ifndef INIT_NEWEST_H
#define INIT_NEWEST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/message.h"

struct service;

/*
 * heading: the release that the newest request asks for, served or not yet. A new release always
 * does. A build that equals the live one does not, unless another release is on its way to be live:
 * then the newest state is the live one, and that has to stay. One that equals what was built last
 * (code: 1) is no news, whatever became of that since.
 *
 * stale: who serves has not seen all files that need no build (newest_stale()).
 */
bool newest_wants(const struct message *m, int32_t heading, bool stale);

/*
 * A request that came to nothing after the live generation was started may have been for files that
 * are read at the start of a worker, and need no build.
 */
bool newest_stale(const struct service *s);

#endif

/*
 * settle.h - the next right thing for a service, again and again until there is none. PURE.
 *
 * Idempotent: called after each event, it looks at the facts alone and not at what happened.
 */
#ifndef HANDOFF_SETTLE_H
#define HANDOFF_SETTLE_H

#include "handoff/service.h"

void settle(struct service *s, msec now, struct plan *plan);

#endif

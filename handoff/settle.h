/*
 * settle.h - the next right thing for a service, again and again until there is none. PURE.
 *
 * Idempotent: called after each event, it looks at the facts alone and not at what happened.
 */
#ifndef HANDOFF_SETTLE_H
#define HANDOFF_SETTLE_H

#include "handoff/service.h"

void settle(struct service *s, msec now, struct plan *plan);

/*
 * A handoff is wanted and cannot begin: the generation that has to leave first, by its deadline at the
 * latest (then a drain ends, and who stops is killed); or the one that serves and has to be whole again
 * (rolling.h). NULL when none is waited for.
 */
const struct generation *settle_waits_for(const struct service *s);

#endif

/*
 * closing.h - the end of a service: all of its generations drain, are stopped and are gone within
 * the grace. PURE.
 */
#ifndef HANDOFF_CLOSING_H
#define HANDOFF_CLOSING_H

#include "handoff/service.h"

/* It ends, with this status. With somebody live it still serves for the lame-duck time. */
void closing_begin(struct service *s, int status, msec lameduck, msec now);

/* EVENT_SHUTDOWN: begin; asked a second time: wait for nothing any more. */
void closing_asked(struct service *s, msec now, struct plan *plan);

/* It serves no longer, and what is left to end everything in begins now. */
void closing_stop_serving(struct service *s, msec now);

/* How long each may take: the policy's, and while it ends no more than the grace that is left. */
struct patience closing_patience(const struct service *s, msec now);

/* The next right thing when nothing is served any more: all stop wanted; the end when all are gone. */
void closing_settle(struct service *s, msec now, struct plan *plan);

#endif

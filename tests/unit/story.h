/* story.h - a service in a test: one that serves, what happens to it, and what it then wants done. */
#ifndef TESTS_UNIT_STORY_H
#define TESTS_UNIT_STORY_H

#include "handoff/service.h"

/* Four slots, three failures, no warmth; ready by notice and by probe. */
extern const struct policy policy;

/* What the last event led to. */
extern struct plan plan;

/* release and code as the event has them, else 0. */
void happen(struct service *s, enum event_type type, uint32_t serial, int32_t release, int code,
    msec now);

/* The first effect of a type in the last plan, or NULL. */
const struct effect *effect(enum effect_type type);

/* With an address, release 1, and generation 1 serving since 100. */
struct service serving(const struct policy *p);

/* Without an address, and generation 1 starting since 0. */
struct service starting(const struct policy *p);

/* Hand over from the live generation to the next serial. */
void hand_over(struct service *s, int32_t release, msec now);

#endif

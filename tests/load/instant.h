/* instant.h - a moment on the monotonic clock, in microseconds. Never wall time. */
#ifndef LOAD_INSTANT_H
#define LOAD_INSTANT_H

#include <stdint.h>

typedef int64_t instant;

enum { MILLISECOND_US = 1000, SECOND_US = 1000000 };

/* Later than any moment of a run. */
#define NEVER_US INT64_MAX

instant instant_now(void);

#endif

/*
 * clock.h - the one clock of every process.
 *
 * Time is CLOCK_MONOTONIC (clock_gettime(2)) in whole milliseconds. A value of
 * type msec is a moment or a span; the name says which. Pure code never calls
 * clock_now(): it is given `now`.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

typedef int64_t msec;

#define CLOCK_NEVER INT64_MAX

msec clock_now(void);

/* Milliseconds since the epoch, for what people read; never for deadlines. */
msec clock_wall(void);

/* Microseconds, to measure a short span with. */
int64_t clock_us(void);

/*
 * The time poll(2) may sleep until deadline: 0 when it has passed, -1 when it is
 * CLOCK_NEVER, never more than a day.
 */
int clock_patience(msec deadline, msec now);

#endif

/* clock.c - monotonic milliseconds. */
#include <time.h>

#include "base/clock.h"

static msec
read_clock(clockid_t which)
{
	struct timespec t;

	clock_gettime(which, &t);
	return (msec)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

msec
clock_now(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

msec
clock_wall(void)
{
	return read_clock(CLOCK_REALTIME);
}

int64_t
clock_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int
clock_patience(msec deadline, msec now)
{
	const msec day = 24 * 3600 * 1000;

	if (deadline == CLOCK_NEVER)
		return -1;
	if (deadline <= now)
		return 0;
	return (int)(deadline - now < day ? deadline - now : day);
}

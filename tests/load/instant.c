/* instant.c - a moment on the monotonic clock. */
#include "tests/load/instant.h"

#include <time.h>

instant
instant_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (instant)now.tv_sec * SECOND_US + now.tv_nsec / 1000;
}

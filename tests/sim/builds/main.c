/* main.c - live through many seeds of the world around the watcher, and say which one broke. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/builds/world.h"

int
main(int argc, char **argv)
{
	static struct builds b;
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
	int64_t runs = argc > 2 ? strtoll(argv[2], NULL, 10) : 10000, i;
	int64_t steps = 0, builds = 0, handoffs = 0, kills = 0;

	b.told = argc > 3 && strcmp(argv[3], "--verbose") == 0;
	for (i = 0; i < runs; i++) {
		builds_run(&b, seed + (uint64_t)i);
		if (b.broken != NULL) {
			printf("FAIL simulation of builds: seed %" PRIu64 ": %s (at %" PRId64
			    " ms; sim-builds %" PRIu64 " 1 --verbose)\n", b.seed, b.broken, b.now, b.seed);
			return 1;
		}
		steps += b.steps;
		builds += b.builds;
		handoffs += b.handoffs;
		kills += b.kills;
	}
	printf("ok simulation of builds: seeds %" PRIu64 "..%" PRIu64 ", %" PRId64 " steps, %" PRId64
	    " builds, %" PRId64 " handoffs, %" PRId64 " killed; the newest good state served at the end of each\n",
	    seed, seed + (uint64_t)runs - 1, steps, builds, handoffs, kills);
	return 0;
}

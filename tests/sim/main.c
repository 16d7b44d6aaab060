/* main.c - live through many seeds of an invented world around the core, and say which one broke. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "tests/sim/world.h"

enum { EXIT_USAGE = 64 };

struct asked {
	uint64_t seed;
	int64_t runs, steps;
	bool told;
};

static void
usage(void)
{
	fputs("usage: sim [--seed N] [--runs N] [--steps N] [--verbose]\n"
	    "Runs the seeds from N on, so many of them, each for so many steps and to its end.\n"
	    "--verbose tells the story of each.\n", stderr);
	exit(EXIT_USAGE);
}

static int64_t
number(const char *text)
{
	char *end;
	long long value = strtoll(text, &end, 10);

	if (end == text || *end != '\0' || value < 0) {
		fprintf(stderr, "sim: %s is not a number\n", text);
		exit(EXIT_USAGE);
	}
	return value;
}

static void
parse(struct asked *a, int argc, char **argv)
{
	static const struct option options[] = {
		{ "seed", required_argument, NULL, 's' },
		{ "runs", required_argument, NULL, 'r' },
		{ "steps", required_argument, NULL, 'n' },
		{ "verbose", no_argument, NULL, 'v' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 's')
			a->seed = (uint64_t)number(optarg);
		else if (c == 'r')
			a->runs = number(optarg);
		else if (c == 'n')
			a->steps = number(optarg);
		else if (c == 'v')
			a->told = true;
		else
			usage();
	}
	if (optind != argc)
		usage();
}

int
main(int argc, char **argv)
{
	static struct world w;
	struct asked a = { .seed = 1, .runs = 1000, .steps = 2000 };
	int64_t steps = 0, converged = 0, promoted = 0, shared = 0, i;
	msec began = clock_now(), took;

	parse(&a, argc, argv);
	w.told = a.told;
	for (i = 0; i < a.runs; i++) {
		world_run(&w, a.seed + (uint64_t)i, a.steps);
		steps += w.steps;
		converged += w.converged;
		promoted += w.promoted;
		shared += w.shared;
		if (w.broken != NULL) {
			printf("FAIL simulation: seed %" PRIu64 ": %s (step %" PRId64 ", at %" PRId64
			    " ms; --seed %" PRIu64 " --runs 1 --steps %" PRId64 " --verbose)\n",
			    w.seed, w.broken, w.steps, w.now, w.seed, a.steps);
			return 1;
		}
	}
	took = clock_now() - began;
	printf("ok simulation: %" PRId64 " steps, seeds %" PRIu64 "..%" PRIu64 ", %.1f M steps/s, "
	    "%" PRId64 " promotions, %" PRId64 " steps of canaries, %" PRId64 " runs came to rest\n", steps, a.seed,
	    a.seed + (uint64_t)a.runs - 1, (double)steps / 1000.0 / (double)(took > 0 ? took : 1),
	    promoted, shared, converged);
	return 0;
}

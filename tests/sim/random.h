/* random.h - numbers that are the same for the same seed, on every machine. */
#ifndef SIM_RANDOM_H
#define SIM_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct random {
	uint64_t state;
};

void random_seed(struct random *r, uint64_t seed);

uint64_t random_next(struct random *r);

/* 0 … most, both of them too. */
int64_t random_upto(struct random *r, int64_t most);

/* As likely 1 … 2 as 1000 … 2000: up to most, and at times 0. */
int64_t random_span(struct random *r, int64_t most);

bool random_percent(struct random *r, int percent);

#endif

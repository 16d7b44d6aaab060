/*
 * histogram.h - how often each latency was seen, in buckets of constant relative width. A quantile is
 * at most 1/64 above the true one, however many values there are; the largest value is kept exactly.
 */
#ifndef LOAD_HISTOGRAM_H
#define LOAD_HISTOGRAM_H

#include <stdint.h>

enum { HISTOGRAM_STEPS = 64, HISTOGRAM_OCTAVES = 32 };

struct histogram {
	uint64_t count, max;
	uint64_t buckets[HISTOGRAM_OCTAVES * HISTOGRAM_STEPS];
};

void histogram_add(struct histogram *h, uint64_t value);

/* The value that `fraction` of all values do not exceed: 0.5 for the median. 0 if there are none. */
uint64_t histogram_quantile(const struct histogram *h, double fraction);

#endif

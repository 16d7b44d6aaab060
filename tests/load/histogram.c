/* histogram.c - how often each latency was seen. No system calls. */
#include "tests/load/histogram.h"

enum { BUCKETS = HISTOGRAM_OCTAVES * HISTOGRAM_STEPS, STEP_BITS = 6 };

/* Values below 64 have a bucket each; above, every octave is cut into 64 equal steps. */
static unsigned
bucket_of(uint64_t value)
{
	unsigned shift, bucket;

	if (value < HISTOGRAM_STEPS)
		return (unsigned)value;
	shift = 63 - (unsigned)__builtin_clzll(value) - STEP_BITS;
	bucket = (shift + 1) * HISTOGRAM_STEPS + (unsigned)((value >> shift) - HISTOGRAM_STEPS);
	return bucket < BUCKETS ? bucket : BUCKETS - 1;
}

static uint64_t
largest_in(unsigned bucket)
{
	unsigned shift;

	if (bucket < HISTOGRAM_STEPS)
		return bucket;
	shift = bucket / HISTOGRAM_STEPS - 1;
	return (((uint64_t)HISTOGRAM_STEPS + bucket % HISTOGRAM_STEPS + 1) << shift) - 1;
}

void
histogram_add(struct histogram *h, uint64_t value)
{
	h->buckets[bucket_of(value)]++;
	h->count++;
	if (value > h->max)
		h->max = value;
}

uint64_t
histogram_quantile(const struct histogram *h, double fraction)
{
	double wanted = fraction * (double)h->count;
	uint64_t seen = 0, value;
	unsigned i;

	if (h->count == 0)
		return 0;
	for (i = 0; i < BUCKETS - 1; i++) {
		seen += h->buckets[i];
		if (seen > 0 && (double)seen >= wanted)
			break;
	}
	value = largest_in(i);
	return value < h->max ? value : h->max;
}

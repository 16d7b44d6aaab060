/* random.c - splitmix64: one word of state, and every seed is a good one. */
#include "tests/sim/random.h"

void
random_seed(struct random *r, uint64_t seed)
{
	r->state = seed * 0xd1342543de82ef95u;
}

uint64_t
random_next(struct random *r)
{
	uint64_t x = r->state += 0x9e3779b97f4a7c15u;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

int64_t
random_upto(struct random *r, int64_t most)
{
	return most <= 0 ? 0 : (int64_t)(random_next(r) % ((uint64_t)most + 1));
}

int64_t
random_span(struct random *r, int64_t most)
{
	int bits = 0;

	while (bits < 62 && most >> bits != 0)
		bits++;
	bits = (int)random_upto(r, bits);
	return random_upto(r, ((int64_t)1 << bits) - 1) % (most + 1);
}

bool
random_percent(struct random *r, int percent)
{
	return (int)(random_next(r) % 100) < percent;
}

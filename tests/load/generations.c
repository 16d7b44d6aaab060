/* generations.c - which generation answered. No system calls. */
#include "tests/load/generations.h"

void
generations_add(struct generations *g, uint64_t number)
{
	size_t i = g->count;

	if (number > g->newest)
		g->newest = number;
	while (i-- > 0) {
		if (g->seen[i].number == number) {
			g->seen[i].answers++;
			return;
		}
	}
	if (g->count == GENERATIONS_MAX) {
		g->unlisted++;
		return;
	}
	g->seen[g->count++] = (struct generation_count){ .number = number, .answers = 1 };
}

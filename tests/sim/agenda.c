/* agenda.c - a binary heap of what is going to happen. */
#include "tests/sim/agenda.h"

static bool
earlier(const struct happening *a, const struct happening *b)
{
	return a->at != b->at ? a->at < b->at : a->order < b->order;
}

void
agenda_add(struct agenda *a, msec at, enum happening_type type, struct event event)
{
	struct happening new = { at, a->added++, type, event };
	int i = a->count;

	if (i == AGENDA_MOST) {
		a->overflowed = true;
		return;
	}
	a->count++;
	for (; i > 0 && earlier(&new, &a->heap[(i - 1) / 2]); i = (i - 1) / 2)
		a->heap[i] = a->heap[(i - 1) / 2];
	a->heap[i] = new;
}

msec
agenda_next(const struct agenda *a)
{
	return a->count == 0 ? CLOCK_NEVER : a->heap[0].at;
}

struct happening
agenda_take(struct agenda *a)
{
	struct happening first = a->heap[0], last = a->heap[--a->count];
	int i = 0, below;

	while ((below = 2 * i + 1) < a->count) {
		if (below + 1 < a->count && earlier(&a->heap[below + 1], &a->heap[below]))
			below++;
		if (!earlier(&a->heap[below], &last))
			break;
		a->heap[i] = a->heap[below];
		i = below;
	}
	a->heap[i] = last;
	return first;
}

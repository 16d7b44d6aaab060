/* timers.c - a binary heap of moments. No system calls. */
#include "tests/load/timers.h"

#include <stdint.h>
#include <stdlib.h>

static const size_t NOWHERE = SIZE_MAX;

int
timers_begin(struct timers *t, size_t connections)
{
	size_t i;

	t->count = 0;
	t->heap = calloc(connections, sizeof *t->heap);
	t->place = calloc(connections, sizeof *t->place);
	t->when = calloc(connections, sizeof *t->when);
	if (!t->heap || !t->place || !t->when)
		return -1;
	for (i = 0; i < connections; i++)
		t->place[i] = NOWHERE;
	return 0;
}

void
timers_free(struct timers *t)
{
	free(t->heap);
	free(t->place);
	free(t->when);
}

static void
put(struct timers *t, size_t place, unsigned connection)
{
	t->heap[place] = connection;
	t->place[connection] = place;
}

static void
rise(struct timers *t, size_t place)
{
	unsigned me = t->heap[place];

	while (place > 0 && t->when[t->heap[(place - 1) / 2]] > t->when[me]) {
		put(t, place, t->heap[(place - 1) / 2]);
		place = (place - 1) / 2;
	}
	put(t, place, me);
}

static void
sink(struct timers *t, size_t place)
{
	unsigned me = t->heap[place];
	size_t child;

	while ((child = 2 * place + 1) < t->count) {
		if (child + 1 < t->count && t->when[t->heap[child + 1]] < t->when[t->heap[child]])
			child++;
		if (t->when[t->heap[child]] >= t->when[me])
			break;
		put(t, place, t->heap[child]);
		place = child;
	}
	put(t, place, me);
}

static void
take_out(struct timers *t, size_t place)
{
	unsigned last = t->heap[--t->count];

	t->place[t->heap[place]] = NOWHERE;
	if (place == t->count)
		return;
	put(t, place, last);
	rise(t, place);
	sink(t, t->place[last]);
}

void
timers_set(struct timers *t, unsigned connection, instant when)
{
	if (t->place[connection] != NOWHERE)
		take_out(t, t->place[connection]);
	if (when == NEVER_US)
		return;
	t->when[connection] = when;
	put(t, t->count, connection);
	rise(t, t->count++);
}

instant
timers_first(const struct timers *t, unsigned *connection)
{
	if (t->count == 0)
		return NEVER_US;
	*connection = t->heap[0];
	return t->when[t->heap[0]];
}

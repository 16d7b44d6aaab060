/* names.c - a sorted set of paths. No system calls. */
#include <stdlib.h>
#include <string.h>

#include "watcher/names.h"

void
names_add(struct names *n, const char *name)
{
	if (n->count == n->room) {
		n->room = n->room > 0 ? 2 * n->room : 64;
		if ((n->at = reallocarray(n->at, n->room, sizeof(*n->at))) == NULL)
			abort();
	}
	if ((n->at[n->count++] = strdup(name)) == NULL)
		abort();
	n->sorted = false;
}

static int
rising(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void
names_sort(struct names *n)
{
	size_t i, kept = 0;

	if (n->sorted)
		return;
	if (n->count > 0)
		qsort(n->at, n->count, sizeof(*n->at), rising);
	for (i = 0; i < n->count; i++)
		if (kept > 0 && strcmp(n->at[kept - 1], n->at[i]) == 0)
			free(n->at[i]);
		else
			n->at[kept++] = n->at[i];
	n->count = kept;
	n->sorted = true;
}

/* The first that is not before name. */
static size_t
find(struct names *n, const char *name)
{
	size_t low = 0, high, middle;

	names_sort(n);
	for (high = n->count; low < high;) {
		middle = low + (high - low) / 2;
		if (strcmp(n->at[middle], name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool
names_have(struct names *n, const char *name)
{
	size_t i = find(n, name);

	return i < n->count && strcmp(n->at[i], name) == 0;
}

bool
names_begin(struct names *n, const char *prefix)
{
	size_t i = find(n, prefix);

	return i < n->count && strncmp(n->at[i], prefix, strlen(prefix)) == 0;
}

void
names_add_lines(struct names *n, char *text)
{
	char *line;

	while ((line = strsep(&text, "\n")) != NULL)
		if (*line != '\0')
			names_add(n, line);
}

void
names_free(struct names *n)
{
	size_t i;

	for (i = 0; i < n->count; i++)
		free(n->at[i]);
	free(n->at);
	*n = (struct names){ 0 };
}

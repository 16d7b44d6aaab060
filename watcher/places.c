/* places.c - where a build may write. */
#include <sys/stat.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "watcher/places.h"
#include "watcher/rules.h"
#include "watcher/tree.h"

static void
add(struct places *p, const char *path)
{
	char real[PATH_MAX];

	if (realpath(path, real) == NULL)
		return;
	p->at = reallocarray(p->at, p->count + 1, sizeof(*p->at));
	if (p->at == NULL || (p->at[p->count] = strdup(real)) == NULL)
		abort();
	p->count++;
}

void
places_take(struct places *p, const struct rules *rules)
{
	int i;

	for (i = 0; i < rules->count; i++)
		if (rules->at[i].access == SANDBOX_CHANGE)
			add(p, rules->at[i].path);
}

void
places_free(struct places *p)
{
	size_t i;

	for (i = 0; i < p->count; i++)
		free(p->at[i]);
	free(p->at);
	*p = (struct places){ NULL, 0 };
}

/* A pipe, a memfd or what was unlinked while open is of no release. */
bool
places_hold(const struct places *p, int fd)
{
	char name[32], path[PATH_MAX];
	struct stat st;
	ssize_t n;
	size_t i;

	if (fstat(fd, &st) == -1)
		return false;
	if (st.st_nlink == 0)
		return true;
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	if ((n = readlink(name, path, sizeof(path) - 1)) <= 0)
		return false;
	path[n] = '\0';
	if (*path != '/')
		return true;	/* "pipe:[7]" */
	for (i = 0; i < p->count; i++)
		if (tree_below(path, p->at[i]))
			return true;
	return false;
}

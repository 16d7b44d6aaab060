/* learn.c - read the files that nobody changed yet. */
#include <sys/stat.h>

#include <fcntl.h>
#include <limits.h>

#include "base/clock.h"
#include "watcher/contents.h"
#include "watcher/learn.h"
#include "watcher/tree.h"
#include "watcher/walk.h"

enum { SLICE_US = 2000, SLICE_FILES = 200, LARGEST = 1 << 20, MOST_BYTES = 256 << 20 };

static bool
as_noted(const struct tree *tree, const char *path, struct stat *st)
{
	struct stamp now;

	if (lstat(path, st) == -1)
		return false;
	walk_stamp(&now, AT_FDCWD, path, st);
	return tree_same(tree, path, &now);
}

static void
learn_one(struct learn *l, struct tree *tree, const char *path)
{
	uint64_t digest;
	struct stat st;

	if (!as_noted(tree, path, &st) || st.st_size > LARGEST)
		return;
	digest = contents_digest(path);
	l->bytes += st.st_size;
	/* otherwise it was changed meanwhile, and this may be what it was changed to */
	if (as_noted(tree, path, &st))
		tree_learn(tree, path, digest);
}

void
learn_more(struct learn *l, struct tree *tree)
{
	int64_t until = clock_us() + SLICE_US;
	char path[PATH_MAX];
	int files;

	for (files = 0; files < SLICE_FILES && clock_us() < until && !l->done; files++) {
		if (l->bytes >= MOST_BYTES || !tree_next_unknown(tree, &l->at, path, sizeof(path)))
			l->done = true;
		else
			learn_one(l, tree, path);
	}
}

/* changes.c - which paths changed since the last build, and did their contents? */
#include <sys/stat.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "watcher/changes.h"
#include "watcher/digest.h"
#include "watcher/tree.h"

enum { LARGEST = 16 * 1024 * 1024 };

/* Digests that stand for no contents; 0 is not known. */
enum { ABSENT = 1 };

/* Once found to differ, a path stays until it is taken. */
enum { JUDGED = 1 };

struct changes {
	struct tree *paths;	/* stamp.kind: the first enum change, .size: JUDGED or 0 */
	struct tree *contents;	/* the digest of all that ever changed */
	struct tree *left;	/* while judging */
	FILE *file;		/* while taking, NULL if it could not be made */
};

static struct tree *
new_tree(void)
{
	struct tree *t = tree_new();

	if (t == NULL)
		abort();
	return t;
}

struct changes *
changes_new(void)
{
	struct changes *c = calloc(1, sizeof(*c));

	if (c == NULL)
		abort();
	c->paths = new_tree();
	c->contents = new_tree();
	return c;
}

void
changes_free(struct changes *c)
{
	if (c == NULL)
		return;
	tree_free(c->paths);
	tree_free(c->contents);
	free(c);
}

void
changes_add(struct changes *c, const char *path, enum change change)
{
	const struct stamp first = { .kind = change };

	if (tree_find(c->paths, path) == NULL)
		tree_note(c->paths, path, &first);
}

size_t
changes_count(const struct changes *c)
{
	return tree_count(c->paths);
}

/* Of what is there now. What is too large to be read counts by size and time. */
static uint64_t
digest_now(const char *path)
{
	uint64_t digest = DIGEST_START;
	struct stat st;

	if (lstat(path, &st) == -1)
		return ABSENT;
	if (S_ISREG(st.st_mode) && st.st_size <= LARGEST && digest_file(&digest, path) == 0)
		return digest;
	digest = digest_bytes(digest, &st.st_size, sizeof(st.st_size));
	digest = digest_bytes(digest, &st.st_mtim, sizeof(st.st_mtim));
	return digest_bytes(digest, &st.st_ino, sizeof(st.st_ino));
}

/* Remember what is there now. True if that is news. */
static bool
learn(struct changes *c, const char *path, uint64_t digest)
{
	const struct stamp none = { 0 };

	tree_note(c->contents, path, &none);
	return tree_digest(c->contents, path, digest);
}

static void
judge_one(void *with, const char *path, const struct stamp *first)
{
	const struct stamp differs = { .kind = first->kind, .size = JUDGED };
	struct changes *c = with;
	uint64_t digest = digest_now(path);
	bool known = tree_find(c->contents, path) != NULL;

	if (first->kind == CHANGE_NEW && digest == ABSENT && !known)
		return;
	if (learn(c, path, digest) || first->size == JUDGED)
		tree_note(c->left, path, &differs);
}

size_t
changes_judge(struct changes *c)
{
	c->left = new_tree();
	tree_each(c->paths, judge_one, c);
	tree_free(c->paths);
	c->paths = c->left;
	c->left = NULL;
	return tree_count(c->paths);
}

static void
take_one(void *with, const char *path, const struct stamp *first)
{
	struct changes *c = with;
	char escaped[4096 * 2];

	(void)first;
	learn(c, path, digest_now(path));
	text_escape(escaped, sizeof(escaped), path, strlen(path));
	if (c->file != NULL)
		fprintf(c->file, "%s\n", escaped);
}

int
changes_take(struct changes *c, const char *file)
{
	int result = 0;

	c->file = fopen(file, "we");
	tree_each(c->paths, take_one, c);
	tree_free(c->paths);
	c->paths = new_tree();
	if (c->file == NULL)
		return -1;
	if (ferror(c->file))
		result = -1;
	if (fclose(c->file) != 0)
		result = -1;
	c->file = NULL;
	return result;
}

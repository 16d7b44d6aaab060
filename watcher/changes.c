/* changes.c - which paths changed since the last build, and did their contents? */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "watcher/changes.h"
#include "watcher/contents.h"
#include "watcher/tree.h"

struct item {
	char *path;
	enum change first;
	uint64_t before;	/* what the last build saw */
	uint64_t now;		/* TREE_UNKNOWN: not read since it changed */
	bool differs;		/* once found so, it stays until it is taken */
};

struct changes {
	struct tree *known;
	struct tree *places;	/* path -> its place in items, and one: a digest is not 0 */
	struct item *items;
	size_t count, room;
};

static void *
must(void *memory)
{
	if (memory == NULL)
		abort();
	return memory;
}

struct changes *
changes_new(struct tree *known)
{
	struct changes *c = must(calloc(1, sizeof(*c)));

	c->known = known;
	c->places = must(tree_new());
	return c;
}

/* Memory is given back: after a checkout of all files there was much of it. */
static void
start_over(struct changes *c)
{
	size_t i;

	for (i = 0; i < c->count; i++)
		free(c->items[i].path);
	free(c->items);
	tree_free(c->places);
	c->items = NULL;
	c->count = c->room = 0;
	c->places = NULL;
}

void
changes_free(struct changes *c)
{
	if (c == NULL)
		return;
	start_over(c);
	free(c);
}

static void
put_in_place(struct changes *c, size_t i)
{
	const struct stamp none = { 0 };

	tree_note(c->places, c->items[i].path, &none);
	tree_learn(c->places, c->items[i].path, i + 1);
}

static struct item *
new_item(struct changes *c, const char *path)
{
	if (c->count == c->room) {
		c->room = c->room * 2 + 16;
		c->items = must(reallocarray(c->items, c->room, sizeof(*c->items)));
	}
	c->items[c->count] = (struct item){ .path = must(strdup(path)) };
	put_in_place(c, c->count);
	return &c->items[c->count++];
}

void
changes_add(struct changes *c, const char *path, enum change change)
{
	uint64_t place = tree_digest(c->places, path);
	struct item *item;

	if (place != 0) {
		c->items[place - 1].now = TREE_UNKNOWN;
		return;
	}
	item = new_item(c, path);
	item->first = change;
	item->before = change == CHANGE_NEW ? TREE_ABSENT : tree_digest(c->known, path);
}

size_t
changes_count(const struct changes *c)
{
	return c->count;
}

/* What was not known to be as it is now may have been anything. */
static bool
judge_one(struct item *item)
{
	if (item->now == TREE_UNKNOWN)
		item->now = contents_digest(item->path);
	item->differs |= item->before == TREE_UNKNOWN || item->before != item->now;
	return item->differs;
}

size_t
changes_judge(struct changes *c)
{
	size_t i, left = 0;

	tree_free(c->places);
	c->places = must(tree_new());
	for (i = 0; i < c->count; i++) {
		if (!judge_one(&c->items[i])) {
			/* it may have been forgotten with the path, which is there again */
			tree_learn(c->known, c->items[i].path, c->items[i].now);
			free(c->items[i].path);
			continue;
		}
		c->items[left] = c->items[i];
		put_in_place(c, left++);
	}
	c->count = left;
	return left;
}

static void
take_one(struct changes *c, struct item *item, FILE *file)
{
	char escaped[4096 * 2];

	if (item->now == TREE_UNKNOWN)
		item->now = contents_digest(item->path);
	tree_learn(c->known, item->path, item->now);
	text_escape(escaped, sizeof(escaped), item->path, strlen(item->path));
	if (file != NULL)
		fprintf(file, "%s\n", escaped);
}

int
changes_take(struct changes *c, const char *path)
{
	FILE *file = fopen(path, "we");
	int result = file != NULL ? 0 : -1;
	size_t i;

	for (i = 0; i < c->count; i++)
		take_one(c, &c->items[i], file);
	start_over(c);
	c->places = must(tree_new());
	if (file == NULL)
		return -1;
	if (ferror(file))
		result = -1;
	if (fclose(file) != 0)
		result = -1;
	return result;
}

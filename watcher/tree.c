/* tree.c - path -> stamp, in a hash table with open addressing. No system calls. */
#include <stdlib.h>
#include <string.h>

#include "watcher/tree.h"

enum { FIRST_ROOM = 1024 };

struct entry {
	char *path;		/* NULL: free, GRAVE: was used, look further */
	struct stamp stamp;
	uint64_t digest;	/* 0: not known */
	uint32_t turn;
};

struct tree {
	struct entry *entries;
	size_t room, used, graves;
	uint32_t turn;
};

static char grave[1];
#define GRAVE (&grave[0])

static bool
taken(const struct entry *e)
{
	return e->path != NULL && e->path != GRAVE;
}

struct tree *
tree_new(void)
{
	struct tree *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->room = FIRST_ROOM;
	if ((t->entries = calloc(t->room, sizeof(*t->entries))) == NULL) {
		free(t);
		return NULL;
	}
	return t;
}

void
tree_free(struct tree *t)
{
	size_t i;

	if (t == NULL)
		return;
	for (i = 0; i < t->room; i++)
		if (taken(&t->entries[i]))
			free(t->entries[i].path);
	free(t->entries);
	free(t);
}

size_t
tree_count(const struct tree *t)
{
	return t->used;
}

void
tree_turn(struct tree *t)
{
	t->turn++;
}

/* FNV-1a */
static size_t
hash(const char *path)
{
	uint64_t h = 14695981039346656037u;

	for (; *path != '\0'; path++)
		h = (h ^ (unsigned char)*path) * 1099511628211u;
	return (size_t)(h ^ (h >> 32));
}

/* Its entry, or the free one where it belongs. There always is a free one. */
static struct entry *
find(struct entry *entries, size_t room, const char *path)
{
	struct entry *e, *first_grave = NULL;
	size_t i;

	for (i = hash(path) & (room - 1);; i = (i + 1) & (room - 1)) {
		e = &entries[i];
		if (e->path == NULL)
			return first_grave != NULL ? first_grave : e;
		if (e->path == GRAVE) {
			if (first_grave == NULL)
				first_grave = e;
		} else if (strcmp(e->path, path) == 0) {
			return e;
		}
	}
}

static void *
must(void *memory)
{
	if (memory == NULL)
		abort();
	return memory;
}

/* At most three quarters are not free, counting graves, so that a search ends soon. */
static void
make_room(struct tree *t)
{
	size_t room = t->room, i;
	struct entry *entries;

	if ((t->used + t->graves + 1) * 4 <= t->room * 3)
		return;
	if (t->used * 2 >= t->room)
		room *= 2;
	entries = must(calloc(room, sizeof(*entries)));
	for (i = 0; i < t->room; i++)
		if (taken(&t->entries[i]))
			*find(entries, room, t->entries[i].path) = t->entries[i];
	free(t->entries);
	t->entries = entries;
	t->room = room;
	t->graves = 0;
}

static bool
equal(const struct stamp *a, const struct stamp *b)
{
	return a->kind == b->kind && a->inode == b->inode && a->size == b->size &&
	    a->mtime_ns == b->mtime_ns && a->ctime_ns == b->ctime_ns;
}

enum tree_change
tree_note(struct tree *t, const char *path, const struct stamp *stamp)
{
	enum tree_change change = TREE_SAME;
	struct entry *e;

	make_room(t);
	e = find(t->entries, t->room, path);
	if (!taken(e)) {
		if (e->path == GRAVE)
			t->graves--;
		*e = (struct entry){ .path = must(strdup(path)) };
		t->used++;
		change = TREE_NEW;
	} else if (!equal(&e->stamp, stamp)) {
		change = TREE_CHANGED;
	}
	e->stamp = *stamp;
	e->turn = t->turn;
	return change;
}

bool
tree_digest(struct tree *t, const char *path, uint64_t digest)
{
	struct entry *e = find(t->entries, t->room, path);
	bool differs;

	if (!taken(e))
		return false;
	differs = e->digest == 0 || e->digest != digest;
	e->digest = digest;
	return differs;
}

static void
bury(struct tree *t, struct entry *e, tree_gone *gone, void *with)
{
	char *path = e->path;

	*e = (struct entry){ .path = GRAVE };
	t->used--;
	t->graves++;
	if (gone != NULL)
		gone(with, path);
	free(path);
}

const struct stamp *
tree_find(const struct tree *t, const char *path)
{
	const struct entry *e = find(t->entries, t->room, path);

	return taken(e) ? &e->stamp : NULL;
}

bool
tree_drop(struct tree *t, const char *path)
{
	struct entry *e = find(t->entries, t->room, path);

	if (!taken(e))
		return false;
	bury(t, e, NULL, NULL);
	return true;
}

void
tree_each(const struct tree *t, tree_visit *visit, void *with)
{
	size_t i;

	for (i = 0; i < t->room; i++)
		if (taken(&t->entries[i]))
			visit(with, t->entries[i].path, &t->entries[i].stamp);
}

bool
tree_below(const char *path, const char *prefix)
{
	size_t length = strlen(prefix);

	while (length > 0 && prefix[length - 1] == '/')
		length--;
	if (strncmp(path, prefix, length) != 0)
		return false;
	return length == 0 || path[length] == '/' || path[length] == '\0';
}

size_t
tree_forget(struct tree *t, const char *path, tree_gone *gone, void *with)
{
	size_t i, count = 0;

	for (i = 0; i < t->room; i++) {
		if (!taken(&t->entries[i]) || !tree_below(t->entries[i].path, path))
			continue;
		bury(t, &t->entries[i], gone, with);
		count++;
	}
	return count;
}

size_t
tree_sweep(struct tree *t, const char *path, tree_gone *gone, void *with)
{
	size_t i, count = 0;

	for (i = 0; i < t->room; i++) {
		struct entry *e = &t->entries[i];

		if (!taken(e) || e->turn == t->turn || !tree_below(e->path, path))
			continue;
		bury(t, e, gone, with);
		count++;
	}
	return count;
}

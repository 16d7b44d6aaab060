/* tree.c - path -> stamp and digest: nodes in one array, found by parent and name. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "watcher/tree.h"

enum { TOP = 0, NONE = 0, FIRST_NODES = 256, FIRST_NAMES = 4096, CROWD = 2, LEAST_WASTE = 65536 };

/* A path can be a file and a directory at once: a link that was entered. Then it has two nodes. */
struct node {
	uint32_t next;		/* in its bucket, or of those that are free */
	uint32_t name;		/* in names; 0: this node is free */
	uint32_t parent : 29;
	uint32_t seen : 1;
	uint32_t fresh : 1;
	uint32_t directory : 1;
	uint32_t stamp_low;
	union {
		uint32_t digest_low;	/* of a file */
		uint32_t uses;		/* how many nodes lie in this directory */
	};
	uint16_t stamp_high, digest_high;
};

struct tree {
	struct node *nodes;	/* the first is the top, in no bucket */
	size_t used, room;
	uint32_t free;
	size_t count;		/* of files */

	uint32_t *buckets;
	size_t bucket_count;

	char *names;
	size_t names_used, names_room, names_wasted;

	char recent[PATH_MAX];	/* the directory that was asked for last ... */
	size_t recent_length;
	uint32_t recent_node;	/* ... is this one; NONE: none was */
};

/* A directory's path and a name, of one that is looked for. */
struct wanted {
	uint32_t parent;
	const char *name;
	size_t length;
	bool directory;
};

static void *
must(void *memory)
{
	if (memory == NULL)
		abort();
	return memory;
}

struct tree *
tree_new(void)
{
	struct tree *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->room = t->bucket_count = FIRST_NODES;
	t->names_room = FIRST_NAMES;
	t->nodes = calloc(t->room, sizeof(*t->nodes));
	t->buckets = calloc(t->bucket_count, sizeof(*t->buckets));
	t->names = malloc(t->names_room);
	if (t->nodes == NULL || t->buckets == NULL || t->names == NULL) {
		tree_free(t);
		return NULL;
	}
	t->names[0] = '\0';
	t->names_used = t->used = 1;
	t->nodes[TOP].directory = 1;
	return t;
}

void
tree_free(struct tree *t)
{
	if (t == NULL)
		return;
	free(t->nodes);
	free(t->buckets);
	free(t->names);
	free(t);
}

size_t
tree_count(const struct tree *t)
{
	return t->count;
}

static bool
taken(const struct node *n)
{
	return n->name != 0;
}

static bool
is_file(const struct node *n)
{
	return taken(n) && !n->directory;
}

void
tree_turn(struct tree *t)
{
	size_t i;

	for (i = 0; i < t->used; i++)
		t->nodes[i].seen = 0;
}

/* FNV-1a */
static uint32_t *
bucket(const struct tree *t, uint32_t parent, const char *name, size_t length)
{
	uint64_t h = 14695981039346656037u ^ parent;
	size_t i;

	for (i = 0; i < length; i++)
		h = (h ^ (unsigned char)name[i]) * 1099511628211u;
	return &t->buckets[(h ^ (h >> 32)) & (t->bucket_count - 1)];
}

static uint32_t
find(const struct tree *t, const struct wanted *w)
{
	uint32_t i = *bucket(t, w->parent, w->name, w->length);

	for (; i != NONE; i = t->nodes[i].next) {
		const struct node *n = &t->nodes[i];
		const char *name = t->names + n->name;

		if (n->parent == w->parent && n->directory == w->directory &&
		    strncmp(name, w->name, w->length) == 0 && name[w->length] == '\0')
			return i;
	}
	return NONE;
}

static void
link_in(struct tree *t, uint32_t i)
{
	const char *name = t->names + t->nodes[i].name;
	uint32_t *first = bucket(t, t->nodes[i].parent, name, strlen(name));

	t->nodes[i].next = *first;
	*first = i;
}

static void
grow_buckets(struct tree *t)
{
	uint32_t i;

	free(t->buckets);
	t->bucket_count *= 2;
	t->buckets = must(calloc(t->bucket_count, sizeof(*t->buckets)));
	for (i = 1; i < t->used; i++)
		if (taken(&t->nodes[i]))
			link_in(t, i);
}

static uint32_t
keep_name(struct tree *t, const char *name, size_t length)
{
	uint32_t at = (uint32_t)t->names_used;

	while (t->names_used + length + 1 > t->names_room) {
		t->names_room *= 2;
		t->names = must(realloc(t->names, t->names_room));
	}
	memcpy(t->names + at, name, length);
	t->names[at + length] = '\0';
	t->names_used += length + 1;
	return at;
}

/* Names that are not used any more stay until they are as much as those that are. */
static void
tidy_names(struct tree *t)
{
	char *old = t->names;
	size_t i;

	if (t->names_wasted < LEAST_WASTE || t->names_wasted * 2 < t->names_used)
		return;
	t->names = must(malloc(t->names_room));
	t->names_used = 1;
	t->names_wasted = 0;
	t->names[0] = '\0';
	for (i = 1; i < t->used; i++) {
		const char *name = old + t->nodes[i].name;

		if (taken(&t->nodes[i]))
			t->nodes[i].name = keep_name(t, name, strlen(name));
	}
	free(old);
}

static uint32_t
take_node(struct tree *t)
{
	uint32_t i = t->free;

	if (i != NONE) {
		t->free = t->nodes[i].next;
		return i;
	}
	if (t->used == t->room) {
		t->room *= 2;
		t->nodes = must(reallocarray(t->nodes, t->room, sizeof(*t->nodes)));
	}
	return (uint32_t)t->used++;
}

static uint32_t
make(struct tree *t, const struct wanted *w)
{
	uint32_t name, i;

	if (t->used > t->bucket_count * CROWD)
		grow_buckets(t);
	tidy_names(t);
	name = keep_name(t, w->name, w->length);
	i = take_node(t);
	t->nodes[i] = (struct node){
		.name = name, .parent = w->parent & 0x1fffffff, .directory = w->directory
	};
	t->nodes[w->parent].uses++;
	t->count += !w->directory;
	link_in(t, i);
	return i;
}

/* Take it away, and directories above in which nothing is left. */
static void
bury(struct tree *t, uint32_t i)
{
	struct node *n = &t->nodes[i];
	const char *name = t->names + n->name;
	uint32_t parent = n->parent;
	uint32_t *at = bucket(t, parent, name, strlen(name));

	while (*at != i)
		at = &t->nodes[*at].next;
	*at = n->next;
	t->names_wasted += strlen(name) + 1;
	t->count -= !n->directory;
	if (t->recent_node == i)
		t->recent_node = NONE;
	*n = (struct node){ .next = t->free };
	t->free = i;
	if (--t->nodes[parent].uses == 0 && parent != TOP)
		bury(t, parent);
}

/* The next component of a path as a directory in `parent`. */
static bool
descend(struct tree *t, uint32_t *parent, const char *name, size_t length, bool may_make)
{
	const struct wanted w = { *parent, name, length, true };
	uint32_t i = find(t, &w);

	if (i == NONE && !may_make)
		return false;
	*parent = i != NONE ? i : make(t, &w);
	return true;
}

/* The directory of that path, which for "/x" is one without a name. */
static bool
find_directory(struct tree *t, const char *path, size_t length, bool may_make, uint32_t *to)
{
	const char *from = path, *slash;
	uint32_t at = TOP;

	if (t->recent_node != NONE && t->recent_length == length &&
	    memcmp(t->recent, path, length) == 0) {
		*to = t->recent_node;
		return true;
	}
	while ((slash = memchr(from, '/', (size_t)(path + length - from))) != NULL) {
		if (!descend(t, &at, from, (size_t)(slash - from), may_make))
			return false;
		from = slash + 1;
	}
	if (!descend(t, &at, from, (size_t)(path + length - from), may_make))
		return false;
	if (length < sizeof(t->recent)) {
		memcpy(t->recent, path, length);
		t->recent_length = length;
		t->recent_node = at;
	}
	*to = at;
	return true;
}

/* Where a file of this path belongs; false if its directory is not known. */
static bool
look_for(struct tree *t, const char *path, bool may_make, struct wanted *w)
{
	const char *slash = strrchr(path, '/');

	*w = (struct wanted){ TOP, slash != NULL ? slash + 1 : path, 0, false };
	w->length = strlen(w->name);
	return slash == NULL ||
	    find_directory(t, path, (size_t)(slash - path), may_make, &w->parent);
}

/* Looking for what is there makes nothing, so the tree is as constant as it says. */
static uint32_t
find_file(const struct tree *t, const char *path)
{
	struct wanted w;

	return look_for((struct tree *)t, path, false, &w) ? find(t, &w) : NONE;
}

static uint64_t
mix(uint64_t h, uint64_t value)
{
	h = (h ^ value) * 0x9e3779b97f4a7c15u;
	return h ^ (h >> 32);
}

static uint64_t
stamp_hash(const struct stamp *s)
{
	uint64_t h = mix(s->kind, s->inode);

	h = mix(h, (uint64_t)s->size);
	h = mix(h, (uint64_t)s->mtime_ns);
	h = mix(h, (uint64_t)s->ctime_ns);
	return mix(h, 0) >> (64 - TREE_DIGEST_BITS);
}

static enum tree_change
compare(const struct node *n, uint64_t h)
{
	if (n->stamp_low != (uint32_t)h || n->stamp_high != h >> 32)
		return TREE_CHANGED;
	return n->fresh ? TREE_UNSURE : TREE_SAME;
}

enum tree_change
tree_note(struct tree *t, const char *path, const struct stamp *stamp)
{
	uint64_t h = stamp_hash(stamp);
	enum tree_change change = TREE_SAME;
	struct wanted w;
	struct node *n;
	uint32_t i;

	look_for(t, path, true, &w);
	if ((i = find(t, &w)) == NONE) {
		i = make(t, &w);
		change = TREE_NEW;
	}
	n = &t->nodes[i];
	if (change == TREE_SAME)
		change = compare(n, h);
	n->stamp_low = (uint32_t)h;
	n->stamp_high = (uint16_t)(h >> 32);
	n->fresh = stamp->fresh;
	n->seen = 1;
	return change;
}

bool
tree_same(const struct tree *t, const char *path, const struct stamp *stamp)
{
	uint32_t i = find_file(t, path);

	return i != NONE && compare(&t->nodes[i], stamp_hash(stamp)) == TREE_SAME;
}

bool
tree_has(const struct tree *t, const char *path)
{
	return find_file(t, path) != NONE;
}

static uint64_t
digest_of(const struct node *n)
{
	return (uint64_t)n->digest_high << 32 | n->digest_low;
}

uint64_t
tree_digest(const struct tree *t, const char *path)
{
	uint32_t i = find_file(t, path);

	return i != NONE ? digest_of(&t->nodes[i]) : TREE_UNKNOWN;
}

bool
tree_learn(struct tree *t, const char *path, uint64_t digest)
{
	uint32_t i = find_file(t, path);

	if (i == NONE)
		return false;
	t->nodes[i].digest_low = (uint32_t)digest;
	t->nodes[i].digest_high = (uint16_t)(digest >> 32);
	return true;
}

/* From its end to its beginning. False if it does not fit. */
static bool
path_of(const struct tree *t, uint32_t i, char *to, size_t size)
{
	size_t at = size;

	for (; i != TOP; i = t->nodes[i].parent) {
		const char *name = t->names + t->nodes[i].name;
		size_t length = strlen(name);

		if (length + 1 > at)
			return false;
		at -= length + 1;
		*(char *)mempcpy(to + at, name, length) = at + length + 1 == size ? '\0' : '/';
	}
	memmove(to, to + at, size - at);
	return true;
}

bool
tree_next_unknown(const struct tree *t, size_t *at, char *to, size_t size)
{
	for (; *at < t->used; ++*at) {
		const struct node *n = &t->nodes[*at];

		if (!is_file(n) || digest_of(n) != TREE_UNKNOWN)
			continue;
		if (!path_of(t, (uint32_t)*at, to, size))
			continue;
		++*at;
		return true;
	}
	return false;
}

bool
tree_drop(struct tree *t, const char *path)
{
	uint32_t i = find_file(t, path);

	if (i == NONE)
		return false;
	bury(t, i);
	return true;
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

static bool
inside(const struct tree *t, uint32_t i, uint32_t directory)
{
	while (i != directory && i != TOP)
		i = t->nodes[i].parent;
	return i == directory;
}

static size_t
clear(struct tree *t, const char *path, bool unseen, tree_gone *gone, void *with)
{
	size_t length = strlen(path), count = 0, end = t->used;
	uint32_t itself = find_file(t, path), directory = TOP, i;
	char whole[PATH_MAX];
	bool any;

	while (length > 0 && path[length - 1] == '/')
		length--;
	any = length == 0 || find_directory(t, path, length, false, &directory);
	for (i = 1; i < end; i++) {
		const struct node *n = &t->nodes[i];

		if (!is_file(n) || (unseen && n->seen))
			continue;
		if (i != itself && !(any && inside(t, n->parent, directory)))
			continue;
		if (gone != NULL && path_of(t, i, whole, sizeof(whole)))
			gone(with, whole);
		bury(t, i);
		count++;
	}
	return count;
}

size_t
tree_forget(struct tree *t, const char *path, tree_gone *gone, void *with)
{
	return clear(t, path, false, gone, with);
}

size_t
tree_sweep(struct tree *t, const char *path, tree_gone *gone, void *with)
{
	return clear(t, path, true, gone, with);
}

/* root.c - one path of BATON_WATCH. */
#include <sys/stat.h>

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "watcher/root.h"

enum { MOST_LINKS = 40 };

/* Where the walk stands: a directory, and what is left of the path. */
struct walk {
	char at[PATH_MAX];
	char rest[PATH_MAX];
	int links;
};

static void *
must(void *memory)
{
	if (memory == NULL)
		abort();
	return memory;
}

struct root *
root_new(const char *path)
{
	struct root *root = must(calloc(1, sizeof(*root)));

	root->path = must(strdup(path));
	return root;
}

static void
forget_parts(struct root *root)
{
	while (root->part_count > 0)
		free(root->parts[--root->part_count].name);
}

void
root_free(struct root *root)
{
	forget_parts(root);
	free(root->parts);
	free(root->path);
	free(root->real);
	free(root);
}

static const char *
below_working_directory(const char *path)
{
	char here[PATH_MAX];
	size_t length;

	if (*path != '/' || getcwd(here, sizeof(here)) == NULL)
		return path;
	length = strlen(here);
	if (length < 2 || strncmp(path, here, length) != 0)
		return path;
	if (path[length] == '/')
		return path + length + 1;
	return path[length] == '\0' ? "" : path;
}

int
root_normalize(char *to, size_t size, const char *path)
{
	char clean[PATH_MAX];
	size_t length, used = 0;

	if (strlen(path) >= sizeof(clean))
		return -1;
	if (*path == '/')
		clean[used++] = '/';
	for (; *path != '\0'; path += length + (path[length] == '/')) {
		length = strcspn(path, "/");
		if (length == 0 || (length == 1 && *path == '.'))
			continue;
		if (used > 0 && clean[used - 1] != '/')
			clean[used++] = '/';
		memcpy(clean + used, path, length);
		used += length;
	}
	clean[used] = '\0';
	return text_copy(to, size, below_working_directory(clean));
}

/* A directory that we may pass but not read cannot be watched: the rescans are left. */
static void
add_part(struct root *root, struct marks *marks, const char *directory, const char *name)
{
	struct root_part *part;
	int wd;

	if (marks == NULL || root->part_count == ROOT_PARTS)
		return;
	if ((wd = marks_add_part(marks, directory, false)) == -1)
		return;
	root->parts = must(reallocarray(root->parts, (size_t)root->part_count + 1, sizeof(*part)));
	part = &root->parts[root->part_count++];
	*part = (struct root_part){ .wd = wd, .name = must(strdup(name)) };
}

static int
join(char *to, size_t size, const char *directory, const char *name)
{
	const char *between = strcmp(directory, "/") == 0 ? "" : "/";

	*to = '\0';
	return text_append(to, size, "%s%s%s", directory, between, name);
}

static int
next_name(struct walk *w, char *name, size_t size)
{
	size_t length;
	char *from;

	for (from = w->rest; *from == '/'; from++)
		;
	length = strcspn(from, "/");
	if (length == 0 || length >= size)
		return -1;
	memcpy(name, from, length);
	name[length] = '\0';
	memmove(w->rest, from + length, strlen(from + length) + 1);
	return 0;
}

/* The target takes the place of the link in front of what is left. */
static int
follow(struct walk *w, const char *link)
{
	char target[PATH_MAX];
	ssize_t n = readlink(link, target, sizeof(target) - 1);

	if (n == -1 || ++w->links > MOST_LINKS)
		return -1;
	target[n] = '\0';
	if (*target == '/')
		text_copy(w->at, sizeof(w->at), "/");
	if (text_append(target, sizeof(target), "%s", w->rest) == -1)
		return -1;
	return text_copy(w->rest, sizeof(w->rest), target);
}

/* One step down the path. 1: go on, 0: the end, with root->kind set. */
static int
step(struct walk *w, struct root *root, struct marks *marks)
{
	char name[NAME_MAX + 1], path[PATH_MAX];
	struct stat st;

	root->kind = ROOT_DIRECTORY;
	if (next_name(w, name, sizeof(name)) == -1)
		return 0;
	if (strcmp(name, ".") == 0)
		return 1;
	root->kind = ROOT_MISSING;
	/* the watch comes first: what happens after the look is told */
	if (strcmp(name, "..") != 0)
		add_part(root, marks, w->at, name);
	if (join(path, sizeof(path), w->at, name) == -1 || lstat(path, &st) == -1)
		return 0;
	if (S_ISLNK(st.st_mode))
		return follow(w, path) == 0;
	if (S_ISDIR(st.st_mode))
		return text_copy(w->at, sizeof(w->at), path) == 0;
	if (w->rest[strspn(w->rest, "/")] != '\0')
		return 0;
	root->kind = ROOT_FILE;
	if (marks != NULL)
		marks_add_part(marks, w->at, true);
	return 0;
}

void
root_resolve(struct root *root, struct marks *marks)
{
	struct walk w = { .links = 0 };

	text_copy(w.at, sizeof(w.at), *root->path == '/' ? "/" : ".");
	text_copy(w.rest, sizeof(w.rest), root->path);
	forget_parts(root);
	while (step(&w, root, marks))
		;
	free(root->real);
	root->real = realpath(*root->path != '\0' ? root->path : ".", NULL);
}

bool
root_has_part(const struct root *root, int wd, const char *name)
{
	int i;

	for (i = 0; i < root->part_count; i++)
		if (root->parts[i].wd == wd && strcmp(root->parts[i].name, name) == 0)
			return true;
	return false;
}

/* kept.c - what no build may write. */
#include <sys/stat.h>

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "watcher/kept.h"
#include "watcher/tree.h"

static const char *
here(void)
{
	static char path[PATH_MAX];

	if (getcwd(path, sizeof(path)) == NULL)
		text_copy(path, sizeof(path), "/");
	return path;
}

const char *
kept_whole(char *to, size_t size, const char *path)
{
	if (*path == '/') {
		text_copy(to, size, path);
	} else {
		while (strncmp(path, "./", 2) == 0)
			path += 2;
		text_copy(to, size, here());
		text_append(to, size, "/%s", path);
	}
	while (strlen(to) > 1 && to[strlen(to) - 1] == '/')
		to[strlen(to) - 1] = '\0';
	return to;
}

static void
add(struct kept *k, const char *path)
{
	k->paths = reallocarray(k->paths, k->count + 2, sizeof(*k->paths));
	if (k->paths == NULL || (k->paths[k->count] = strdup(path)) == NULL)
		abort();
	k->paths[++k->count] = NULL;
}

/* As far as there is something, with the rest behind it. */
static void
resolve(char *to, size_t size, const char *path)
{
	char above[PATH_MAX], *slash;

	text_copy(above, sizeof(above), path);
	while (realpath(above, to) == NULL) {
		if ((slash = strrchr(above, '/')) == NULL || slash == above) {
			text_copy(to, size, path);
			return;
		}
		*slash = '\0';
	}
	text_append(to, size, "%s", path + strlen(above));
}

static void
add_both(struct kept *k, const char *path)
{
	char full[PATH_MAX], real[PATH_MAX], *name;

	if (path == NULL)
		return;
	kept_whole(full, sizeof(full), path);
	add(k, full);
	resolve(real, sizeof(real), full);
	add(k, real);
	/* a link itself, too, where it really lies */
	if ((name = strrchr(full, '/')) == NULL || name == full)
		return;
	*name = '\0';
	resolve(real, sizeof(real), full);
	text_append(real, sizeof(real), "/%s", name + 1);
	add(k, real);
}

struct kept
kept_find(const struct watch_config *config)
{
	struct kept k = { NULL, 0 };
	const char *const *other;
	char binary[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", binary, sizeof(binary) - 1);

	add_both(&k, config->releases);
	add_both(&k, config->live);
	for (other = config->others; other != NULL && *other != NULL; other++)
		add_both(&k, *other);
	if (n > 0) {
		binary[n] = '\0';
		add_both(&k, binary);
	}
	return k;
}

void
kept_free(struct kept *k)
{
	size_t i;

	for (i = 0; i < k->count; i++)
		free(k->paths[i]);
	free(k->paths);
	*k = (struct kept){ NULL, 0 };
}

bool
kept_covers(const struct kept *k, const char *path)
{
	size_t i;

	for (i = 0; i < k->count; i++)
		if (tree_below(path, k->paths[i]))
			return true;
	return false;
}

bool
kept_within(const struct kept *k, const char *path)
{
	size_t i;

	for (i = 0; i < k->count; i++)
		if (tree_below(k->paths[i], path))
			return true;
	return false;
}

/* Is `directory` one that a build can put a link into? */
static bool
changes(const struct watch_config *config, const char *directory)
{
	char copy[PATH_MAX], full[PATH_MAX], *rest = copy, *word;
	const char *list = config->sandbox.write;

	if (strcmp(here(), "/") != 0 && strcmp(directory, here()) != 0 &&
	    tree_below(directory, here()))
		return true;
	if (list == NULL || text_copy(copy, sizeof(copy), list) == -1)
		return false;
	while ((word = strsep(&rest, ":")) != NULL)
		if (*word != '\0' && tree_below(directory, kept_whole(full, sizeof(full), word)))
			return true;
	return false;
}

bool
kept_misled(const struct watch_config *config, const char *path)
{
	char full[PATH_MAX], above[PATH_MAX], *slash;
	struct stat st;

	kept_whole(full, sizeof(full), path);
	for (slash = strchr(full + 1, '/');; slash = strchr(slash + 1, '/')) {
		if (slash != NULL)
			*slash = '\0';
		text_copy(above, sizeof(above), full);
		*strrchr(above, '/') = '\0';
		if (lstat(full, &st) == 0 && S_ISLNK(st.st_mode) && changes(config, above))
			return true;
		if (slash == NULL)
			return false;
		*slash = '/';
	}
}

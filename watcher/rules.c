/* rules.c - a list of sandbox rules. */
#include <sys/stat.h>

#include <dirent.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "watcher/etc.h"
#include "watcher/rules.h"
#include "watcher/tree.h"

void
rules_add(struct rules *r, const char *path, enum sandbox_access access)
{
	struct sandbox_rule *rule;

	r->at = reallocarray(r->at, (size_t)r->count + 1, sizeof(*r->at));
	if (r->at == NULL)
		abort();
	rule = &r->at[r->count++];
	rule->access = access;
	if ((rule->path = strdup(path)) == NULL)
		abort();
}

void
rules_free(struct rules *r)
{
	int i;

	for (i = 0; i < r->count; i++)
		free((char *)r->at[i].path);
	free(r->at);
	*r = (struct rules){ NULL, 0 };
}

typedef void add_path(struct rules *r, const char *path, enum sandbox_access access);

static void
each(struct rules *r, const char *list, enum sandbox_access access, add_path *add)
{
	char *copy, *rest, *word;

	if (list == NULL)
		return;
	if ((copy = rest = strdup(list)) == NULL)
		abort();
	while ((word = strsep(&rest, ":")) != NULL)
		if (*word != '\0')
			add(r, word, access);
	free(copy);
}

void
rules_add_list(struct rules *r, const char *list, enum sandbox_access access)
{
	each(r, list, access, rules_add);
}

/*
 * A directory of tools outside of the system's comes with what is beside it: /opt/node/bin with
 * /opt/node. But not ~/bin with all of the home directory.
 */
static void
add_tools(struct rules *r, const char *path, enum sandbox_access access)
{
	const char *home = getenv("HOME");
	char real[PATH_MAX], real_home[PATH_MAX];
	size_t length;

	if (*path != '/' || realpath(path, real) == NULL)
		return;
	rules_add(r, real, access);
	length = strlen(real);
	if (length < 5 || strcmp(real + length - 4, "/bin") != 0)
		return;
	real[length - 4] = '\0';
	if (home != NULL && realpath(home, real_home) != NULL && tree_below(real_home, real))
		return;
	rules_add(r, real, access);
}

void
rules_add_system(struct rules *r)
{
	static const char look[] = "/usr:/bin:/sbin:/lib:/lib32:/lib64:/libx32:/opt:/proc:/sys:"
	    "/nix/store:/var/lib/ca-certificates:/etc/resolv.conf:/etc/hosts";
	static const char use[] = "/dev/null:/dev/zero:/dev/full:/dev/random:/dev/urandom";
	const char *home = getenv("HOME");
	char path[PATH_MAX];

	rules_add_list(r, look, SANDBOX_LOOK);
	rules_add_list(r, use, SANDBOX_USE);
	etc_add(r, "/etc");
	each(r, getenv("PATH"), SANDBOX_LOOK, add_tools);
	/* where corepack keeps the pnpm or yarn that an image was given */
	if (home != NULL && *home == '/' && snprintf(path, sizeof(path), "%s/.cache/node/corepack",
	    home) < (int)sizeof(path))
		rules_add(r, path, SANDBOX_LOOK);
}

static bool
holds_one(const char *path, const char *const *kept)
{
	for (; *kept != NULL; kept++)
		if (tree_below(*kept, path))
			return true;
	return false;
}

static bool
is_one(const char *path, const char *const *kept)
{
	for (; *kept != NULL; kept++)
		if (strcmp(*kept, path) == 0)
			return true;
	return false;
}

/* A link is passed over: what it leads to may be anything. */
static void
add_entry(struct rules *r, const char *path, const char *const *kept)
{
	struct stat st;

	if (lstat(path, &st) == -1 || (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode)) ||
	    is_one(path, kept))
		return;
	if (holds_one(path, kept))
		rules_add_project(r, path, kept);
	else
		rules_add(r, path, SANDBOX_CHANGE);
}

void
rules_add_project(struct rules *r, const char *directory, const char *const *kept)
{
	DIR *open_directory = opendir(directory);
	char path[PATH_MAX];
	struct dirent *entry;

	if (open_directory == NULL)
		return;
	while ((entry = readdir(open_directory)) != NULL) {
		const char *name = entry->d_name;

		if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
		    strcmp(name, ".git") == 0 ||
		    snprintf(path, sizeof(path), "%s/%s", directory, name) >= (int)sizeof(path))
			continue;
		add_entry(r, path, kept);
	}
	closedir(open_directory);
}

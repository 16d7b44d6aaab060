/* etc.c - what of /etc is everybody's. */
#include <sys/stat.h>

#include <dirent.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "watcher/etc.h"

/* Deeper than that nothing is looked at, and so nothing is given. */
enum { DEEPEST = 16 };

static bool
is_secret(const char *name)
{
	static const char *const names[] = { "shadow", "shadow-", "gshadow", "gshadow-", "secret",
		"secrets", "sudoers", "sudoers.d", "kubernetes" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

/* What a link leads to has a rule of its own, or none. */
static bool
is_open(const struct stat *st)
{
	if (S_ISLNK(st->st_mode))
		return true;
	if (S_ISDIR(st->st_mode))
		return (st->st_mode & (S_IROTH | S_IXOTH)) == (S_IROTH | S_IXOTH);
	return (st->st_mode & S_IROTH) != 0;
}

static bool
next(DIR *directory, const char *above, char *path, size_t size, const char **name)
{
	struct dirent *entry;

	do {
		if ((entry = readdir(directory)) == NULL)
			return false;
	} while (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
	    snprintf(path, size, "%s/%s", above, entry->d_name) >= (int)size);
	*name = entry->d_name;
	return true;
}

/* This and all below it? */
static bool
all_open(const char *path, const char *name, int depth)
{
	char below[PATH_MAX];
	DIR *directory;
	struct stat st;
	bool open = true;

	if (depth > DEEPEST || is_secret(name) || lstat(path, &st) == -1 || !is_open(&st))
		return false;
	if (!S_ISDIR(st.st_mode))
		return true;
	if ((directory = opendir(path)) == NULL)
		return false;
	while (open && next(directory, path, below, sizeof(below), &name))
		open = all_open(below, name, depth + 1);
	closedir(directory);
	return open;
}

/* Landlock knows no exceptions: where there is one, each of the others has a rule. */
static void
add_entries(struct rules *r, const char *path, int depth)
{
	DIR *directory = opendir(path);
	char below[PATH_MAX];
	const char *name;
	struct stat st;

	rules_add(r, path, SANDBOX_LIST);
	if (directory == NULL)
		return;
	while (next(directory, path, below, sizeof(below), &name)) {
		/* a rule for a link would be one for what it leads to */
		if (lstat(below, &st) == -1 || S_ISLNK(st.st_mode))
			continue;
		if (all_open(below, name, depth + 1))
			rules_add(r, below, SANDBOX_LOOK);
		else if (depth < DEEPEST && !is_secret(name) && S_ISDIR(st.st_mode) && is_open(&st))
			add_entries(r, below, depth + 1);
	}
	closedir(directory);
}

void
etc_add(struct rules *r, const char *directory)
{
	add_entries(r, directory, 0);
}

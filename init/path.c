/* path.c - where one path lies to another, by their letters. */
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "init/path.h"

/*
 * Make a path absolute and drop ".", ".." and double slashes, by its letters alone: what it names
 * may not exist yet. -1 when it is too long.
 */
static int
plain(const char *path, char to[static PATH_MAX])
{
	char whole[2 * PATH_MAX], *part, *rest, *last;

	whole[0] = '\0';
	if (*path != '/' && getcwd(whole, PATH_MAX) == NULL)
		return -1;
	if (text_append(whole, sizeof(whole), "/%s", path) == -1)
		return -1;
	to[0] = '\0';
	for (part = strtok_r(whole, "/", &rest); part != NULL; part = strtok_r(NULL, "/", &rest)) {
		if (strcmp(part, ".") == 0)
			continue;
		if (strcmp(part, "..") == 0) {
			if ((last = strrchr(to, '/')) != NULL)
				*last = '\0';
		} else if (text_append(to, PATH_MAX, "/%s", part) == -1)
			return -1;
	}
	return 0;
}

bool
path_contains(const char *outer, const char *inner)
{
	char a[PATH_MAX], b[PATH_MAX];
	size_t length;

	if (plain(outer, a) == -1 || plain(inner, b) == -1)
		return false;
	length = strlen(a);
	return strncmp(a, b, length) == 0 && (b[length] == '\0' || b[length] == '/');
}

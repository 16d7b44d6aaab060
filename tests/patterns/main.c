/*
 * What does baton see of the working directory? Prints each path below it that is not passed over,
 * ended by NUL. tests/system/patterns.sh compares that with what git says.
 *
 *	build/seen [BATON_WATCH_IGNORE]
 */
#include <sys/stat.h>

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "watcher/ignores.h"

static void
look(struct ignores *g, const char *directory)
{
	char path[PATH_MAX];
	struct dirent *entry;
	struct stat st;
	DIR *d;

	ignores_read(g, directory);
	if ((d = opendir(*directory != '\0' ? directory : ".")) == NULL)
		return;
	while ((entry = readdir(d)) != NULL) {
		snprintf(path, sizeof(path), "%s%s%s", directory, *directory != '\0' ? "/" : "",
		    entry->d_name);
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
		    lstat(path, &st) == -1 || ignores_path(g, path, path, S_ISDIR(st.st_mode)))
			continue;
		fwrite(path, 1, strlen(path) + 1, stdout);
		if (S_ISDIR(st.st_mode))
			look(g, path);
	}
	closedir(d);
}

int
main(int argc, char *argv[])
{
	struct ignores *g = ignores_new(argc > 1 ? argv[1] : ".gitignore");

	look(g, "");
	ignores_free(g);
	return 0;
}

/* scratch.c - a directory for one test. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "scratch.h"
#include "watcher/files.h"
#include "watcher/link.h"

static char directory[] = "/tmp/baton-unit.XXXXXX";

void
scratch_enter(void)
{
	cr_assert_not_null(mkdtemp(directory));
	cr_assert_eq(chdir(directory), 0);
	umask(022);
}

void
scratch_leave(void)
{
	cr_assert_eq(chdir("/"), 0);
	files_remove(directory);
}

void
scratch_write(const char *path, const char *text)
{
	char parent[PATH_MAX];
	FILE *file;

	link_parent(parent, sizeof(parent), path);
	cr_assert_eq(files_make_directory(parent), 0);
	file = fopen(path, "we");
	cr_assert_not_null(file, "%s", path);
	fputs(text, file);
	fclose(file);
}

bool
scratch_exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

bool
scratch_holds(const char *path, const char *text)
{
	char got[4096];

	return fd_read_text(AT_FDCWD, path, got, sizeof(got)) != -1 && strcmp(got, text) == 0;
}

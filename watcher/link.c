/* link.c - a symlink that is moved, never missing. */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "watcher/files.h"
#include "watcher/link.h"

void
link_parent(char *to, size_t size, const char *path)
{
	char *slash;

	text_copy(to, size, path);
	slash = strrchr(to, '/');
	if (slash == NULL)
		text_copy(to, size, ".");
	else if (slash == to)
		to[1] = '\0';
	else
		*slash = '\0';
}

/* How many bytes the two have in common, up to a '/' or the end of a component. */
static size_t
common(const char *a, const char *b)
{
	size_t i, end = 0;

	for (i = 0; a[i] != '\0' && a[i] == b[i]; i++)
		if (a[i] == '/')
			end = i;
	if ((a[i] == '\0' || a[i] == '/') && (b[i] == '\0' || b[i] == '/'))
		end = i;
	return end;
}

int
link_relative(char *target, size_t size, const char *path, const char *to)
{
	char parent[PATH_MAX], from[PATH_MAX], real[PATH_MAX];
	size_t shared;
	const char *at;

	link_parent(parent, sizeof(parent), path);
	if (realpath(parent, from) == NULL || realpath(to, real) == NULL)
		return -1;
	if (strcmp(from, "/") == 0)
		*from = '\0';
	shared = common(from, real);
	*target = '\0';
	for (at = from + shared; *at != '\0'; at++)
		if (*at == '/' && text_append(target, size, "../") == -1)
			goto too_long;
	at = real + shared;
	if (text_append(target, size, "%s", *at == '/' ? at + 1 : at) == 0)
		return 0;
too_long:
	errno = ENAMETOOLONG;
	return -1;
}

/* A mount point is emptied by a removal that then fails at itself: find out before. */
static bool
is_mount(const char *path, const char *parent)
{
	struct statx sx;
	struct stat st, above;

	if (statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_TYPE, &sx) == 0 &&
	    (sx.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) != 0)
		return (sx.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
	return lstat(path, &st) == 0 && stat(parent, &above) == 0 && st.st_dev != above.st_dev;
}

/* By the number alone: an overlay has another device each time it is mounted. */
static int
identify(char *to, size_t size, const char *path)
{
	struct stat st;

	if (lstat(path, &st) == -1)
		return -1;
	snprintf(to, size, "%" PRIu64 "\n", (uint64_t)st.st_ino);
	return 0;
}

static int
write_mark(const char *mark, const char *path)
{
	char text[32];
	int fd, result;

	if (identify(text, sizeof(text), path) == -1)
		return -1;
	if ((fd = open(mark, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)) == -1)
		return -1;
	result = fd_write_all(fd, text, strlen(text));
	if (result == 0)
		result = fsync(fd);
	fd_close(&fd);
	return result;
}

bool
link_was_cut_off(const char *path, const char *mark)
{
	char said[32], is[32];

	return fd_read_text(AT_FDCWD, mark, said, sizeof(said)) != -1 &&
	    identify(is, sizeof(is), path) == 0 && strcmp(said, is) == 0;
}

/* There is an instant without path here: only for the time before the first worker runs. */
static int
remove_then_rename(const char *temporary, const char *path, const char *parent, const char *mark)
{
	if (is_mount(path, parent)) {
		errno = EBUSY;
		return -1;
	}
	if (files_removable(path) == -1 || (mark != NULL && write_mark(mark, path) == -1))
		return -1;
	if (files_remove(path) == -1 || rename(temporary, path) == -1)
		return -1;
	return 0;
}

static int
put_in_place(const char *temporary, const char *path, const char *parent, const char *mark)
{
	struct stat st;

	if (lstat(path, &st) == -1 || !S_ISDIR(st.st_mode))
		return rename(temporary, path);
	if (renameat2(AT_FDCWD, temporary, AT_FDCWD, path, RENAME_EXCHANGE) == -1)
		return remove_then_rename(temporary, path, parent, mark);
	/* from here on path is the link; what is left of a removal that is cut off is beside it */
	return files_remove(temporary);
}

static int
beside(char *to, size_t size, const char *path)
{
	if (snprintf(to, size, "%s.baton", path) < (int)size)
		return 0;
	errno = ENAMETOOLONG;
	return -1;
}

void
link_tidy(const char *path)
{
	char temporary[PATH_MAX];

	if (beside(temporary, sizeof(temporary), path) == 0)
		files_remove(temporary);
}

int
link_place(const char *path, const char *target, const char *mark)
{
	char temporary[PATH_MAX], parent[PATH_MAX];
	int kept;

	link_parent(parent, sizeof(parent), path);
	if (beside(temporary, sizeof(temporary), path) == -1 || files_remove(temporary) == -1 || symlink(target, temporary) == -1)
		return -1;
	if (put_in_place(temporary, path, parent, mark) == -1) {
		kept = errno;
		unlink(temporary);
		errno = kept;
		return -1;
	}
	if (mark != NULL)
		unlink(mark);
	return files_sync_directory(parent);
}

/*
 * remove.c - a directory and all below it, however deep and however many.
 *
 * By descriptors, so that no path is too long and no link is followed, with few of them open: what
 * lies too deep is moved to the top, and met again there. fts(3) ends where a path has 64 KiB.
 */
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "watcher/files.h"

enum { DEEPEST = 32, MOST_AGAIN = 1000 };

struct level {
	DIR *directory;
	char name[NAME_MAX + 1];	/* in the one above */
};

struct removal {
	struct level way[DEEPEST];	/* from the top down to where we are */
	int depth;
	unsigned moved;			/* to the top, so far: its next name */
	int again;			/* how often a directory was not empty after all */
	int why;			/* errno of what stays, 0 */
};

/* Where that is refused, so is what comes next. */
static void
make_ours(int directory, const char *name)
{
	if (fchmodat(directory, name, S_IRWXU, 0) == -1)
		errno = 0;
}

static DIR *
open_below(int directory, const char *name)
{
	/* a build may have left it without the bits to read it */
	int fd = openat(directory, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	DIR *opened;

	if (fd == -1)
		return NULL;
	if (fstat(fd, &st) == 0 && (st.st_mode & S_IRWXU) != S_IRWXU)
		make_ours(directory, name);
	close(fd);
	if ((fd = openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) == -1)
		return NULL;
	if ((opened = fdopendir(fd)) == NULL)
		close(fd);
	return opened;
}

static void
keep_why(struct removal *r)
{
	if (errno != ENOENT)
		r->why = errno;
}

/* A directory has to be ours to write before it gets another parent. */
static void
move_to_top(struct removal *r, int directory, const char *name)
{
	char to[32];

	make_ours(directory, name);
	do
		snprintf(to, sizeof(to), "baton-deep-%u", r->moved++);
	while (renameat2(directory, name, dirfd(r->way[0].directory), to, RENAME_NOREPLACE) == -1 &&
	    errno == EEXIST);
	if (faccessat(directory, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		r->why = EXDEV;
}

static void
enter(struct removal *r, int directory, const char *name)
{
	struct level *next = &r->way[r->depth];

	if (r->depth == DEEPEST)
		move_to_top(r, directory, name);
	else if ((next->directory = open_below(directory, name)) == NULL)
		keep_why(r);
	else if (text_copy(next->name, sizeof(next->name), name) == 0)
		r->depth++;
}

static void
take(struct removal *r, const char *name)
{
	int directory = dirfd(r->way[r->depth - 1].directory);

	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
	    unlinkat(directory, name, 0) == 0 || unlinkat(directory, name, AT_REMOVEDIR) == 0)
		return;
	if (errno == ENOTEMPTY || errno == EEXIST || errno == EACCES)
		enter(r, directory, name);
	else
		keep_why(r);
}

/*
 * Out of a directory that was read to its end. It may have more than was read: what was moved to the
 * top meanwhile, or what a file system passed over because others of it went.
 */
static void
leave(struct removal *r)
{
	struct level *from = &r->way[--r->depth];
	int above;

	closedir(from->directory);
	if (r->depth == 0)
		return;
	above = dirfd(r->way[r->depth - 1].directory);
	if (unlinkat(above, from->name, AT_REMOVEDIR) == 0)
		return;
	if (errno == ENOTEMPTY && r->again++ < MOST_AGAIN + (int)r->moved)
		enter(r, above, from->name);
	else
		keep_why(r);
}

static int
empty(struct removal *r)
{
	struct dirent *entry;

	while (r->depth > 0 && r->why == 0) {
		entry = readdir(r->way[r->depth - 1].directory);
		if (entry != NULL)
			take(r, entry->d_name);
		else
			leave(r);
	}
	while (r->depth > 0)
		closedir(r->way[--r->depth].directory);
	errno = r->why;
	return r->why == 0 ? 0 : -1;
}

int
files_remove(const char *path)
{
	struct removal r = { .depth = 0 };

	while (unlink(path) == -1 && rmdir(path) == -1 && errno != ENOENT) {
		if ((errno != ENOTEMPTY && errno != EEXIST && errno != EACCES) ||
		    r.again++ > MOST_AGAIN + (int)r.moved)
			return -1;
		if ((r.way[0].directory = open_below(AT_FDCWD, path)) == NULL)
			return -1;
		r.depth = 1;
		if (empty(&r) == -1)
			return -1;
	}
	return 0;
}

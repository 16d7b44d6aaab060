/* stock.c - what one release has of assets. */
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "watcher/assets.h"
#include "watcher/files.h"
#include "watcher/hashed.h"
#include "watcher/stock.h"
#include "watcher/store.h"

/*
 * The directory that path lies in, below root; links are not followed, or it could be anywhere. What
 * is missing is made if it shall be. The caller's to close, or -1.
 */
static int
open_above(int root, const char *path, bool make)
{
	static const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	char part[PATH_MAX];
	int at = fcntl(root, F_DUPFD_CLOEXEC, 0), next;
	const char *name = path, *slash;

	for (; at != -1 && (slash = strchr(name, '/')) != NULL; name = slash + 1) {
		snprintf(part, sizeof(part), "%.*s", (int)(slash - name), name);
		/* no release names it so, but N.assets may have been written by somebody else */
		next = strcmp(part, "..") != 0 ? openat(at, part, flags) : -1;
		if (next == -1 && make && errno == ENOENT && mkdirat(at, part, 0755) == 0)
			next = openat(at, part, flags);
		fd_close(&at);
		at = next;
	}
	return at;
}

static const char *
last(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

/* A newline would be two lines of N.assets. */
static bool
is_lent(const char *name, const struct stat *st, bool all)
{
	return S_ISREG(st->st_mode) && (all || hashed_name(name)) && strchr(name, '\n') == NULL;
}

/* Takes over the descriptor. */
static void
gather(struct stock *s, int fd, const char *path, bool all)
{
	DIR *directory = fdopendir(fd);
	char below[PATH_MAX];
	struct dirent *entry;
	struct stat st;
	int next;

	if (directory == NULL) {
		fd_close(&fd);
		return;
	}
	while ((entry = readdir(directory)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
		    snprintf(below, sizeof(below), "%s%s", path, entry->d_name) >= PATH_MAX - 1 ||
		    fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == -1)
			continue;
		if (is_lent(entry->d_name, &st, all) && !names_have(&s->listed, below))
			names_add(&s->own, below);
		if (!S_ISDIR(st.st_mode) || strchr(entry->d_name, '\n') != NULL)
			continue;
		text_append(below, sizeof(below), "/");
		next = openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (next != -1)
			gather(s, next, below, all);
	}
	closedir(directory);
}

/* Where the list is damaged nothing is known to be the release's own: it neither lends nor borrows. */
static int
read_list(const char *releases, struct stock *s)
{
	char path[PATH_MAX], *text = NULL;
	int fd, result = -1;
	struct stat st;

	if (store_file(path, sizeof(path), releases, "", s->number, ".assets") == -1)
		return -1;
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return errno == ENOENT ? 0 : -1;
	if (fstat(fd, &st) == 0 && (text = calloc(1, (size_t)st.st_size + 1)) != NULL &&
	    read(fd, text, (size_t)st.st_size) == st.st_size) {
		names_add_lines(&s->listed, text);
		result = 0;
	}
	free(text);
	fd_close(&fd);
	return result;
}

void
stock_open(struct stock *s, const char *releases, const char *list, int32_t number)
{
	char path[PATH_MAX], directory[PATH_MAX];
	bool all;
	int fd;

	*s = (struct stock){ .number = number, .root = -1 };
	if (store_path(path, sizeof(path), releases, number) == -1 || read_list(releases, s) == -1)
		return;
	s->root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	while (s->root != -1 && assets_next(&list, directory, sizeof(directory) - 1, &all) == 1) {
		text_append(directory, sizeof(directory), "/");
		if ((fd = open_above(s->root, directory, false)) != -1)
			gather(s, fd, directory, all);
	}
	names_sort(&s->own);
}

void
stock_close(struct stock *s)
{
	fd_close(&s->root);
	names_free(&s->own);
	names_free(&s->listed);
}

static int
write_all(int fd, struct names *n)
{
	size_t i;

	names_sort(n);
	for (i = 0; i < n->count; i++)
		if (fd_write_all(fd, n->at[i], strlen(n->at[i])) == -1 ||
		    fd_write_all(fd, "\n", 1) == -1)
			return -1;
	return fsync(fd);
}

/* N.assets, whole and on the disk before anything of it is done. */
int
stock_write(const char *releases, struct stock *s)
{
	char path[PATH_MAX], temporary[PATH_MAX];
	int fd, result;

	if (store_file(path, sizeof(path), releases, "", s->number, ".assets") == -1 ||
	    store_file(temporary, sizeof(temporary), releases, ".assets.", s->number, "") == -1)
		return -1;
	if (s->listed.count == 0)
		return unlink(path) == -1 && errno != ENOENT ? -1 : 0;
	if ((fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)) == -1)
		return -1;
	result = write_all(fd, &s->listed);
	fd_close(&fd);
	if (result == 0 && rename(temporary, path) == 0)
		return files_sync_directory(releases);
	result = errno;
	unlink(temporary);
	errno = result;
	return -1;
}

bool
stock_has(const struct stock *s, const char *path)
{
	int above = open_above(s->root, path, false);
	struct stat st;
	bool there = above != -1 && fstatat(above, last(path), &st, AT_SYMLINK_NOFOLLOW) == 0;

	fd_close(&above);
	return there;
}

void
stock_list(struct stock *s, const char *path)
{
	char directory[PATH_MAX];
	const char *slash;

	names_add(&s->listed, path);
	for (slash = path; (slash = strchr(slash, '/')) != NULL; slash++) {
		snprintf(directory, sizeof(directory), "%.*s", (int)(slash - path), path);
		if (stock_has(s, directory))
			continue;
		text_append(directory, sizeof(directory), "/");
		names_add(&s->listed, directory);
	}
}

static bool
cannot_link(int error)
{
	return error == EXDEV || error == EMLINK || error == EPERM || error == EOPNOTSUPP ||
	    error == ENOSYS;
}

/* What a copy is called until it is whole, in the directory that it is for. */
static void
name_copy(char *to, size_t size, const char *path)
{
	snprintf(to, size, "%.*s.baton-asset", (int)(last(path) - path), path);
}

/* By rename, so that nobody reads half of it; listed before, as all that is no part of the release. */
static int
copy(const char *releases, int from, struct stock *s, int to, const char *path)
{
	char temporary[PATH_MAX];
	int why;

	name_copy(temporary, sizeof(temporary), path);
	if (!names_have(&s->listed, temporary)) {
		names_add(&s->listed, temporary);
		if (stock_write(releases, s) == -1)
			return -1;
	}
	unlinkat(to, last(temporary), 0);
	if (files_copy_file(from, last(path), to, last(temporary)) == 0 &&
	    renameat(to, last(temporary), to, last(path)) == 0)
		return 0;
	why = errno;
	unlinkat(to, last(temporary), 0);
	errno = why;
	return -1;
}

/* source, to: the directories of path in both. */
static int
link_or_copy(const char *releases, int source, struct stock *s, int to, const char *path)
{
	if (linkat(source, last(path), to, last(path), 0) == 0) {
		return STOCK_LINKED;
	}
	if (errno == EEXIST)
		return STOCK_THERE;
	if (!cannot_link(errno) || copy(releases, source, s, to, path) == -1)
		return -1;
	return STOCK_COPIED;
}

int
stock_take(const char *releases, struct stock *s, const struct stock *from, const char *path)
{
	int source = open_above(from->root, path, false), to = open_above(s->root, path, true);
	int result = -1;

	if (source != -1 && to != -1)
		result = link_or_copy(releases, source, s, to, path);
	fd_close(&source);
	fd_close(&to);
	return result;
}

int
stock_drop(struct stock *s, const char *path)
{
	size_t length = strlen(path);
	bool is_directory = length > 0 && path[length - 1] == '/';
	char name[PATH_MAX];
	int above, result;

	snprintf(name, sizeof(name), "%.*s", (int)(length - is_directory), path);
	if ((above = open_above(s->root, name, false)) == -1)
		return 0;
	result = unlinkat(above, last(name), is_directory ? AT_REMOVEDIR : 0);
	fd_close(&above);
	if (result == 0)
		return !is_directory;
	return errno == ENOENT ? 0 : -1;
}

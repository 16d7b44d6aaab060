/* assets.c - releases lend each other files. */
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/text.h"
#include "watcher/assets.h"
#include "watcher/files.h"
#include "watcher/hashed.h"
#include "watcher/names.h"
#include "watcher/store.h"

/* One release that stays. */
struct shelf {
	int32_t number;
	int root;		/* descriptor of its directory, -1: it is gone */
	struct names own;	/* what it can lend */
	struct names listed;	/* what N.assets says, files and directories */
};

struct union_of {
	const char *releases;
	struct shelf *shelves;
	size_t count;
	struct names wanted;	/* of the release at hand: what it is to borrow */
	int linked, copied, removed, failed;
	int error;		/* of the first that failed */
};

int
assets_next(const char **list, char *path, size_t size, bool *all)
{
	const char *at = *list + strspn(*list, ":,"), *equals, *part;
	size_t length = strcspn(at, ":,"), used;

	*list = at + length;
	if (length == 0)
		return 0;
	equals = memchr(at, '=', length);
	*all = equals != NULL;
	if (equals != NULL && (size_t)(at + length - equals) != strlen("=all"))
		return -1;
	if (equals != NULL && strncmp(equals, "=all", strlen("=all")) != 0)
		return -1;
	if ((used = equals != NULL ? (size_t)(equals - at) : length) == 0 || used >= size || *at == '/')
		return -1;
	memcpy(path, at, used);
	path[used] = '\0';
	while (used > 1 && path[used - 1] == '/')
		path[--used] = '\0';
	for (part = path; *part != '\0'; part += length + (part[length] == '/')) {
		length = strcspn(part, "/");
		if (length == 2 && strncmp(part, "..", 2) == 0)
			return -1;
	}
	return 1;
}

static void
fail(struct union_of *u)
{
	if (u->failed++ == 0)
		u->error = errno;
}

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
		next = openat(at, part, flags);
		if (next == -1 && errno == ENOENT && make && mkdirat(at, part, 0755) == 0)
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
gather(struct shelf *s, int fd, const char *path, bool all)
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
read_list(const char *releases, struct shelf *s)
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

static void
open_shelf(const char *releases, const char *list, struct shelf *s, int32_t number)
{
	char path[PATH_MAX], directory[PATH_MAX];
	bool all;
	int fd;

	*s = (struct shelf){ .number = number, .root = -1 };
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

/* What was cut off while it was written has a name of its own, which begins so. */
static void
tidy(const char *releases)
{
	DIR *directory = opendir(releases);
	struct dirent *entry;

	if (directory == NULL)
		return;
	while ((entry = readdir(directory)) != NULL)
		if (text_begins(entry->d_name, ".assets."))
			unlinkat(dirfd(directory), entry->d_name, 0);
	closedir(directory);
}

/* The newest of the others that has it. */
static const struct shelf *
lender(struct union_of *u, const struct shelf *to, const char *path)
{
	size_t i;

	for (i = 0; i < u->count; i++)
		if (&u->shelves[i] != to && names_have(&u->shelves[i].own, path))
			return &u->shelves[i];
	return NULL;
}

static void
find_wanted(struct union_of *u, struct shelf *s)
{
	size_t i, j;

	names_free(&u->wanted);
	for (i = 0; i < u->count; i++)
		for (j = 0; j < u->shelves[i].own.count; j++)
			if (&u->shelves[i] != s && !names_have(&s->own, u->shelves[i].own.at[j]))
				names_add(&u->wanted, u->shelves[i].own.at[j]);
	names_sort(&u->wanted);
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
static int
write_list(const char *releases, struct shelf *s)
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
copy(const struct union_of *u, int from, struct shelf *s, int to, const char *path)
{
	char temporary[PATH_MAX];
	int why;

	name_copy(temporary, sizeof(temporary), path);
	if (!names_have(&s->listed, temporary)) {
		names_add(&s->listed, temporary);
		if (write_list(u->releases, s) == -1)
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
link_or_copy(struct union_of *u, int source, struct shelf *s, int to, const char *path)
{
	if (linkat(source, last(path), to, last(path), 0) == 0) {
		u->linked++;
		return 0;
	}
	if (errno == EEXIST)
		return 0;
	if (!cannot_link(errno) || copy(u, source, s, to, path) == -1)
		return -1;
	u->copied++;
	return 0;
}

static void
lend(struct union_of *u, const struct shelf *from, struct shelf *s, const char *path)
{
	int source = open_above(from->root, path, false), to = open_above(s->root, path, true);

	if (source == -1 || to == -1 || link_or_copy(u, source, s, to, path) == -1)
		fail(u);
	fd_close(&source);
	fd_close(&to);
}

static bool
is_there(const struct shelf *s, const char *path)
{
	int above = open_above(s->root, path, false);
	struct stat st;
	bool there = above != -1 && fstatat(above, last(path), &st, AT_SYMLINK_NOFOLLOW) == 0;

	fd_close(&above);
	return there;
}

/* What would have to be made on the way to path, so that it is listed before. */
static void
list_directories(struct shelf *s, const char *path)
{
	char directory[PATH_MAX];
	const char *slash;

	for (slash = path; (slash = strchr(slash, '/')) != NULL; slash++) {
		snprintf(directory, sizeof(directory), "%.*s", (int)(slash - path), path);
		if (is_there(s, directory))
			continue;
		text_append(directory, sizeof(directory), "/");
		names_add(&s->listed, directory);
	}
}

static void
borrow(struct union_of *u, struct shelf *s)
{
	struct names missing = { 0 };
	const struct shelf *from;
	size_t i;

	for (i = 0; i < u->wanted.count; i++) {
		if (is_there(s, u->wanted.at[i]))
			continue;
		names_add(&missing, u->wanted.at[i]);
		names_add(&s->listed, u->wanted.at[i]);
		list_directories(s, u->wanted.at[i]);
	}
	if (missing.count > 0 && write_list(u->releases, s) == -1)
		fail(u);
	else
		for (i = 0; i < missing.count; i++)
			if ((from = lender(u, s, missing.at[i])) != NULL)
				lend(u, from, s, missing.at[i]);
	names_free(&missing);
}

/* True if it is not there any more. */
static bool
give_back(struct union_of *u, struct shelf *s, const char *path)
{
	size_t length = strlen(path);
	bool is_directory = length > 0 && path[length - 1] == '/';
	char name[PATH_MAX];
	int above, result;

	if (is_directory ? names_begin(&u->wanted, path) : names_have(&u->wanted, path))
		return false;
	snprintf(name, sizeof(name), "%.*s", (int)(length - is_directory), path);
	if ((above = open_above(s->root, name, false)) == -1)
		return true;
	result = unlinkat(above, last(name), is_directory ? AT_REMOVEDIR : 0);
	if (result == 0 && !is_directory)
		u->removed++;
	else if (result == -1 && errno == ENOENT)
		result = 0;
	else if (result == -1 && errno != ENOTEMPTY)
		fail(u);
	fd_close(&above);
	return result == 0;
}

/* Backwards, so that what a directory holds goes before it does. */
static void
give_all_back(struct union_of *u, struct shelf *s)
{
	struct names kept = { 0 };
	size_t i;

	names_sort(&s->listed);
	for (i = s->listed.count; i > 0; i--)
		if (!give_back(u, s, s->listed.at[i - 1]))
			names_add(&kept, s->listed.at[i - 1]);
	if (kept.count < s->listed.count) {
		names_free(&s->listed);
		s->listed = kept;
		if (write_list(u->releases, s) == -1)
			fail(u);
	} else {
		names_free(&kept);
	}
}

static void
report(const struct union_of *u)
{
	if (u->failed > 0)
		log_line(LOG_WARNING, "%d files of BATON_ASSETS could not be lent or given back in "
		    "%s: %s; each release has its own", u->failed, u->releases, strerror(u->error));
	else if (u->linked + u->copied + u->removed > 0)
		log_line(LOG_INFO, "assets of %zu releases: %d linked, %d copied, %d given back",
		    u->count, u->linked, u->copied, u->removed);
}

int
assets_unite(const char *releases, const char *list, const int32_t *staying)
{
	struct union_of u = { .releases = releases };
	size_t i;

	tidy(releases);
	while (staying[u.count] != 0)
		u.count++;
	if ((u.shelves = calloc(u.count + 1, sizeof(*u.shelves))) == NULL)
		abort();
	for (i = 0; i < u.count; i++)
		open_shelf(releases, list, &u.shelves[i], staying[i]);
	for (i = 0; i < u.count; i++) {
		if (u.shelves[i].root == -1)
			continue;
		find_wanted(&u, &u.shelves[i]);
		borrow(&u, &u.shelves[i]);
		give_all_back(&u, &u.shelves[i]);
	}
	report(&u);
	for (i = 0; i < u.count; i++) {
		fd_close(&u.shelves[i].root);
		names_free(&u.shelves[i].own);
		names_free(&u.shelves[i].listed);
	}
	names_free(&u.wanted);
	free(u.shelves);
	return u.failed > 0 ? -1 : 0;
}

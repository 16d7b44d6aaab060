/* unix.c - a UNIX listener: sockets that stand beside its path, and the path, which is one of them. */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "handoff/rights.h"
#include "handoff/unix.h"

/* --- names ------------------------------------------------------------------------------------ */

static const char *
base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

/* With its slash; empty for a name alone. */
static int
directory_length(const char *path)
{
	return (int)(base_of(path) - path);
}

int
unix_resolve(struct address *a, const char *root, const char *here)
{
	const char *before = a->path[0] == '/' ? root : here;
	char directory[PATH_MAX], real[PATH_MAX], whole[PATH_MAX];
	struct address got = *a;

	snprintf(directory, sizeof(directory), "%s%s%.*s", before != NULL ? before : "",
	    before != NULL && a->path[0] != '/' ? "/" : "", directory_length(a->path), a->path);
	if (realpath(*directory != '\0' ? directory : ".", real) == NULL)
		return -1;
	if (snprintf(whole, sizeof(whole), "%s/%s", strcmp(real, "/") == 0 ? "" : real,
	    base_of(a->path)) > ADDRESS_PATH_MOST - UNIX_SUFFIX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	text_copy(got.path, sizeof(got.path), whole);
	*a = got;
	return 0;
}

void
unix_slot(struct address *slot, const struct address *a, int index)
{
	char whole[2 * sizeof(slot->path)];

	snprintf(whole, sizeof(whole), "%.*s.%s.baton-%d", directory_length(a->path), a->path,
	    base_of(a->path), index);
	*slot = (struct address){ .family = AF_UNIX };
	text_copy(slot->path, sizeof(slot->path), whole);
}

/* --- files ------------------------------------------------------------------------------------ */

/*
 * The directory, by the name that it had when the listener was made: whoever may write above it must
 * not send PID 1 elsewhere by a link. What is older than openat2(2) sees to the last component.
 */
static int
open_directory(const struct address *a)
{
	struct open_how how = { .flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_NO_SYMLINKS };
	char path[sizeof(a->path)];
	int fd;

	snprintf(path, sizeof(path), "%.*s", directory_length(a->path), a->path);
	fd = (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));
	if (fd == -1 && (errno == ENOSYS || errno == EPERM))
		fd = open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd;
}

static bool
is_same(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev;
}

static int
look(int directory, const char *name, struct stat *st)
{
	return fstatat(directory, name, st, AT_SYMLINK_NOFOLLOW);
}

/* Where there are no hard links the path is a soft one, to the name of a slot beside it and nowhere else. */
static bool
leads_to_slot(int directory, const char *name, char *slot, size_t size)
{
	char prefix[NAME_MAX + 1];
	ssize_t n = readlinkat(directory, name, slot, size - 1);
	size_t length = (size_t)snprintf(prefix, sizeof(prefix), ".%.200s.baton-", name);

	if (n == -1)
		return false;
	slot[n] = '\0';
	return strncmp(slot, prefix, length) == 0 && slot[length] != '\0' &&
	    strspn(slot + length, "0123456789") == strlen(slot + length);
}

/* The path's own file: the slot's, whichever kind of link leads there. A link of somebody else is itself. */
static int
look_through(int directory, const char *name, struct stat *st)
{
	char slot[NAME_MAX + 1];

	return look(directory, leads_to_slot(directory, name, slot, sizeof(slot)) ? slot : name, st);
}

/* A socket, or what leads to a slot or did: nobody else's. */
static bool
is_left_over(int directory, const char *name)
{
	char slot[NAME_MAX + 1];
	struct stat st;

	return leads_to_slot(directory, name, slot, sizeof(slot)) ||
	    (look(directory, name, &st) == 0 && S_ISSOCK(st.st_mode));
}

int
unix_claim(const struct address *a)
{
	struct sockaddr_storage where;
	socklen_t length = address_to_sockaddr(a, &where);
	int fd, got, directory = open_directory(a);
	struct stat st;
	bool ours;

	if (directory == -1)
		return -1;
	got = look(directory, base_of(a->path), &st);
	ours = is_left_over(directory, base_of(a->path));
	fd_close(&directory);
	if (got == -1)
		return errno == ENOENT ? 0 : -1;
	if (!ours) {
		errno = EEXIST;
		return -1;
	}
	if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) == -1)
		return -1;
	got = connect(fd, (struct sockaddr *)&where, length);
	if (got == -1 && (errno == ECONNREFUSED || errno == ENOENT)) {
		fd_close(&fd);
		return 0;
	}
	fd_close(&fd);
	errno = EADDRINUSE;
	return -1;
}

/*
 * It is bound to the path and takes its own name then, so that getsockname(2) says the path: there
 * are servers that remove what it says (gunicorn).
 */
int
unix_bind(const struct address *a, int index)
{
	struct sockaddr_storage where;
	struct address slot;
	socklen_t length = address_to_sockaddr(a, &where);
	int fd, directory;

	if ((directory = open_directory(a)) == -1)
		return -1;
	/* what is left over there: unix_claim() has seen that nobody listens */
	if (is_left_over(directory, base_of(a->path)))
		unlinkat(directory, base_of(a->path), 0);
	fd_close(&directory);
	unix_slot(&slot, a, index);
	if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) == -1)
		return -1;
	if (bind(fd, (struct sockaddr *)&where, length) == -1)
		fd_close(&fd);
	else if (rename(a->path, slot.path) == -1) {
		unlink(a->path);
		fd_close(&fd);
	}
	return fd;
}

/*
 * Not every file system has hard links, and protected_hardlinks (proc_sys_fs(5)) refuses one to a socket
 * that belongs to somebody else. Then it is a soft one.
 */
static int
make_link(int directory, const char *slot, const char *new)
{
	if (linkat(directory, slot, directory, new, 0) == 0)
		return 0;
	if (errno != EPERM && errno != EOPNOTSUPP && errno != ENOSYS && errno != EMLINK)
		return -1;
	return symlinkat(slot, directory, new);
}

/* A rename of one link over another of the same file does nothing: then there is nothing to do. */
static int
put(int directory, const char *slot, const char *name)
{
	char new[NAME_MAX + 1];

	snprintf(new, sizeof(new), ".%.200s.baton-new", name);
	unlinkat(directory, new, 0);
	if (make_link(directory, slot, new) == -1)
		return -1;
	if (renameat(directory, new, directory, name) == 0)
		return 0;
	unlinkat(directory, new, 0);
	return -1;
}

int
unix_point(const struct address *a, int index, const struct unix_rights *rights)
{
	const char *name = base_of(a->path), *own;
	struct unix_rights was;
	struct stat now, slot;
	struct address to;
	int directory, result = -1;

	unix_slot(&to, a, index);
	own = base_of(to.path);
	if ((directory = open_directory(a)) == -1)
		return -1;
	if (look(directory, own, &slot) == -1)
		goto done;
	if (look_through(directory, name, &now) == 0 && is_same(&now, &slot) && rights == NULL) {
		result = 0;
		goto done;
	}
	/* the rights first: the path is never there without them */
	if (rights == NULL && look_through(directory, name, &now) == 0 && S_ISSOCK(now.st_mode)) {
		was = rights_of(&now);
		rights = &was;
	}
	if (rights != NULL && rights_give(directory, own, &slot, rights) == -1)
		goto done;
	result = put(directory, own, name);
done:
	fd_close(&directory);
	return result;
}

void
unix_remove(const struct address *a, int count)
{
	const char *name = base_of(a->path);
	struct stat now, slot;
	struct address one;
	int kept = errno, directory = open_directory(a), i;
	bool there;

	if (directory == -1) {
		errno = kept;
		return;
	}
	there = look_through(directory, name, &now) == 0;
	for (i = 0; i < count; i++) {
		unix_slot(&one, a, i);
		if (look(directory, base_of(one.path), &slot) == -1 || !S_ISSOCK(slot.st_mode))
			continue;
		if (there && is_same(&now, &slot))
			unlinkat(directory, name, 0);
		unlinkat(directory, base_of(one.path), 0);
	}
	fd_close(&directory);
	errno = kept;
}

/* files.c - whole directories at once. */
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "watcher/files.h"

enum { CHUNK = 128 * 1024 };

static FTS *
walk(const char *path, int options)
{
	char *const paths[] = { (char *)path, NULL };

	return fts_open(paths, FTS_PHYSICAL | options, NULL);
}

int
files_removable(const char *path)
{
	FTS *tree = walk(path, 0);
	int result = 0;
	FTSENT *e;

	if (tree == NULL)
		return -1;
	while (result == 0 && (e = fts_read(tree)) != NULL) {
		if (e->fts_info == FTS_D)
			result = access(e->fts_accpath, R_OK | W_OK | X_OK);
		else if (e->fts_info == FTS_DNR || e->fts_info == FTS_ERR)
			result = -1;
	}
	fts_close(tree);
	if (result == -1)
		errno = EACCES;
	return result;
}

int
files_own(const char *path)
{
	FTS *tree;
	struct stat st;
	int result = 0;
	FTSENT *e;

	if (lstat(path, &st) == -1)
		return -1;
	if (st.st_uid == geteuid())
		return 0;
	if ((tree = walk(path, 0)) == NULL)
		return -1;
	while (result == 0 && (e = fts_read(tree)) != NULL)
		if (e->fts_info != FTS_D && e->fts_statp->st_uid == st.st_uid)
			result = lchown(e->fts_accpath, geteuid(), getegid());
	fts_close(tree);
	return result;
}

int64_t
files_measure(const char *path)
{
	FTS *tree = walk(path, 0);
	int64_t bytes = 0;
	FTSENT *e;

	if (tree == NULL)
		return 0;
	while ((e = fts_read(tree)) != NULL)
		if (e->fts_info != FTS_DP && e->fts_info != FTS_NS && e->fts_info != FTS_ERR)
			bytes += (int64_t)e->fts_statp->st_blocks * 512;
	fts_close(tree);
	return bytes;
}

static int
copy_contents(int in, int out)
{
	static char bytes[CHUNK];
	ssize_t n;

	while ((n = copy_file_range(in, NULL, out, NULL, 1 << 30, 0)) > 0)
		;
	if (n == 0)
		return 0;
	/* not between these two file systems; nothing was copied, or the rest follows */
	while ((n = read(in, bytes, sizeof(bytes))) > 0)
		if (fd_write_all(out, bytes, (size_t)n) == -1)
			return -1;
	return n == 0 ? 0 : -1;
}

/* Without CAP_CHOWN the copy is ours, and whoever could read it still can. */
static void
keep_owner(int directory, const char *to, const struct stat *st)
{
	if (fchownat(directory, to, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) == -1)
		errno = 0;
}

/* What is open as `in`, regular, to a new file. */
static int
copy_open(int in, int directory, const char *to)
{
	struct timespec times[2];
	int out, result = -1;
	struct stat st;

	if (fstat(in, &st) == -1)
		return -1;
	if (!S_ISREG(st.st_mode)) {
		errno = EINVAL;
		return -1;
	}
	out = openat(directory, to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, st.st_mode & 0777);
	if (out != -1 && copy_contents(in, out) == 0) {
		keep_owner(directory, to, &st);
		times[0] = st.st_atim;
		times[1] = st.st_mtim;
		if (fchmod(out, st.st_mode & 0777) == 0 && futimens(out, times) == 0)
			result = 0;
	}
	fd_close(&out);
	return result;
}

int
files_copy_file(int from_directory, const char *from, int to_directory, const char *to)
{
	/* what was a file a moment ago may be a named pipe now */
	int in = openat(from_directory, from, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), result;

	if (in == -1)
		return -1;
	result = copy_open(in, to_directory, to);
	fd_close(&in);
	return result;
}

static int
copy_link(const char *from, const char *to)
{
	char target[PATH_MAX];
	ssize_t n = readlink(from, target, sizeof(target) - 1);

	if (n == -1)
		return -1;
	target[n] = '\0';
	return symlink(target, to);
}

/* A directory can be written while it is filled; it gets its own mode when it is left. */
static int
copy_entry(const FTSENT *e, const char *to)
{
	switch (e->fts_info) {
	case FTS_D:
		return mkdir(to, S_IRWXU);
	case FTS_DP:
		keep_owner(AT_FDCWD, to, e->fts_statp);
		return chmod(to, e->fts_statp->st_mode & 0777);
	case FTS_F:
		return files_copy_file(AT_FDCWD, e->fts_accpath, AT_FDCWD, to);
	case FTS_SL:
	case FTS_SLNONE:
		return copy_link(e->fts_accpath, to);
	case FTS_DEFAULT:
		return 0;	/* a socket or a pipe is no part of a release */
	default:
		errno = e->fts_errno;
		return -1;
	}
}

int
files_copy(const char *from, const char *to)
{
	/* without changing directories, so that `to` may be relative */
	FTS *tree = walk(from, FTS_NOCHDIR | FTS_COMFOLLOW);
	char target[PATH_MAX];
	int result = 0, why;
	FTSENT *e;

	if (tree == NULL)
		return -1;
	while (result == 0 && (e = fts_read(tree)) != NULL) {
		if (text_copy(target, sizeof(target), to) == -1 ||
		    text_append(target, sizeof(target), "%s", e->fts_path + strlen(from)) == -1) {
			errno = ENAMETOOLONG;
			result = -1;
		} else {
			result = copy_entry(e, target);
		}
	}
	why = errno;
	fts_close(tree);
	errno = why;
	return result;
}

int
files_make_directory(const char *path)
{
	char part[PATH_MAX];
	char *slash;

	if (text_copy(part, sizeof(part), path) == -1) {
		errno = ENAMETOOLONG;
		return -1;
	}
	for (slash = part + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
		*slash = '\0';
		if (mkdir(part, 0755) == -1 && errno != EEXIST)
			return -1;
		*slash = '/';
	}
	return mkdir(path, 0755) == -1 && errno != EEXIST ? -1 : 0;
}

int
files_sync_directory(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), result;

	if (fd == -1)
		return -1;
	result = fsync(fd);
	fd_close(&fd);
	return result;
}

/* separate.c - a release shares no file with anything that a later build can write. */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fd.h"
#include "watcher/separate.h"

enum { MOST = 1 << 30 };

static int
copy(int from, int to)
{
	char bytes[64 * 1024];
	ssize_t n;

	while ((n = copy_file_range(from, NULL, to, NULL, MOST, 0)) > 0)
		;
	if (n == 0)
		return 0;
	while ((n = read(from, bytes, sizeof(bytes))) > 0)
		if (fd_write_all(to, bytes, (size_t)n) == -1)
			return -1;
	return n == 0 ? 0 : -1;
}

/* In its own directory, where fts(3) is now, and then in its place. */
static int
renew(const FTSENT *e)
{
	const struct timespec times[2] = { e->fts_statp->st_atim, e->fts_statp->st_mtim };
	char temporary[] = ".baton-copy.XXXXXX";
	int from = open(e->fts_accpath, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	int to = from == -1 ? -1 : mkostemp(temporary, O_CLOEXEC), result = -1, kept;

	if (to != -1 && copy(from, to) == 0 && fchmod(to, e->fts_statp->st_mode & 07777) == 0 &&
	    futimens(to, times) == 0)
		result = rename(temporary, e->fts_accpath);
	kept = errno;
	if (to != -1 && result == -1)
		unlink(temporary);
	fd_close(&from);
	fd_close(&to);
	errno = kept;
	return result;
}

int
separate(const char *path)
{
	char *const paths[] = { (char *)path, NULL };
	FTS *tree = fts_open(paths, FTS_PHYSICAL, NULL);
	int result = 0;
	FTSENT *e;

	if (tree == NULL)
		return -1;
	while (result == 0 && (e = fts_read(tree)) != NULL)
		if (e->fts_info == FTS_F && S_ISREG(e->fts_statp->st_mode) && e->fts_statp->st_nlink > 1)
			result = renew(e);
	fts_close(tree);
	return result;
}

/* measure.c - what a build has written so far. */
#include <sys/stat.h>

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "watcher/measure.h"
#include "watcher/usage.h"

void
measure_open(struct measure *m, const char *first, const char *second)
{
	memset(m, 0, sizeof(*m));
	m->roots[0] = first;
	m->roots[1] = second;
}

static void
leave(struct measure *m)
{
	closedir(m->way[--m->depth]);
}

void
measure_close(struct measure *m)
{
	while (m->depth > 0)
		leave(m);
	m->root = 0;
	m->bytes = 0;
}

static void
enter(struct measure *m, int directory, const char *name)
{
	int fd;

	if (m->depth == MEASURE_DEEPEST) {
		m->nested = true;
		return;
	}
	/* it may have become something else since it was listed, or be gone */
	fd = openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1)
		return;
	if ((m->way[m->depth] = fdopendir(fd)) != NULL)
		m->depth++;
	else
		fd_close(&fd);
}

/* A hole takes no room, but whoever reads or copies the release has all of it. */
static int64_t
cost(const struct stat *st)
{
	int64_t bytes = (int64_t)st->st_blocks * 512;

	if (S_ISREG(st->st_mode) && bytes < st->st_size)
		bytes = st->st_size;
	if (bytes < USAGE_FILE_BYTES)
		bytes = USAGE_FILE_BYTES;
	return S_ISDIR(st->st_mode) || st->st_nlink < 2 ? bytes : bytes / (int64_t)st->st_nlink;
}

static void
take(struct measure *m, const char *name)
{
	int directory = dirfd(m->way[m->depth - 1]);
	struct stat st;

	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
	    fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return;
	m->bytes += cost(&st);
	if (S_ISDIR(st.st_mode))
		enter(m, directory, name);
}

/* True when all of the roots were walked through. */
static bool
next_root(struct measure *m)
{
	if (m->root < MEASURE_ROOTS) {
		enter(m, AT_FDCWD, m->roots[m->root++]);
		return false;
	}
	m->whole = m->bytes;
	m->bytes = 0;
	m->root = 0;
	return true;
}

bool
measure_some(struct measure *m, int entries)
{
	struct dirent *entry;

	while (entries-- > 0) {
		if (m->depth == 0) {
			if (next_root(m))
				return true;
		} else if ((entry = readdir(m->way[m->depth - 1])) == NULL) {
			leave(m);
		} else {
			take(m, entry->d_name);
		}
	}
	return false;
}

int64_t
measure_bytes(const struct measure *m)
{
	return m->bytes > m->whole ? m->bytes : m->whole;
}

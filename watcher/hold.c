/* hold.c - is git about to change many of the sources? */
#include <sys/stat.h>

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "watcher/hold.h"

/* Of a work tree whose .git is a file: "gitdir: /where/it/is". */
static int
read_pointer(char *to, size_t size, const char *top, const char *file)
{
	static const char before[] = "gitdir: ";
	char text[PATH_MAX];
	const char *path = text + sizeof(before) - 1;
	int fd = open(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	ssize_t n;

	if (fd == -1)
		return -1;
	n = read(fd, text, sizeof(text) - 1);
	fd_close(&fd);
	if (n <= 0)
		return -1;
	text[n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	if (strncmp(text, before, sizeof(before) - 1) != 0)
		return -1;
	*to = '\0';
	if (*path == '/')
		return text_append(to, size, "%s", path);
	return text_append(to, size, "%s/%s", top, path);
}

/* That of the work tree whose top this is. */
static int
find_here(char *to, size_t size, const char *top)
{
	struct stat st;

	*to = '\0';
	if (text_append(to, size, "%s/.git", top) == -1 || lstat(to, &st) == -1)
		return -1;
	if (S_ISREG(st.st_mode)) {
		char file[PATH_MAX];

		return text_copy(file, sizeof(file), to) == -1 ? -1 : read_pointer(to, size, top, file);
	}
	return S_ISDIR(st.st_mode) ? 0 : -1;
}

static int
find_git(char *to, size_t size, const char *directory)
{
	char top[PATH_MAX], *slash;

	if (text_copy(top, sizeof(top), directory) == -1)
		return -1;
	while (find_here(to, size, top) == -1) {
		if ((slash = strrchr(top, '/')) == NULL)
			return -1;
		*slash = '\0';
	}
	return 0;
}

static bool
moves(const char *git, const char *name, msec stale)
{
	char path[PATH_MAX] = "";
	struct stat st;

	if (text_append(path, sizeof(path), "%s/%s", git, name) == -1 || stat(path, &st) == -1)
		return false;
	return clock_wall() - ((msec)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000) < stale;
}

bool
hold_for_git(const char *directory, msec stale)
{
	char git[PATH_MAX];

	return find_git(git, sizeof(git), directory) == 0 &&
	    (moves(git, "index.lock", stale) || moves(git, "rebase-merge", stale) ||
	    moves(git, "rebase-apply", stale));
}

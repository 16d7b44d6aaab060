/* fd.c - descriptors. */
#include <sys/mman.h>
#include <sys/syscall.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fd.h"

void
fd_close(int *fd)
{
	int kept = errno;

	if (*fd != -1)
		close(*fd);
	*fd = -1;
	errno = kept;
}

static int
change_flag(int fd, int get, int set, int flag, int on)
{
	int flags = fcntl(fd, get);

	if (flags == -1)
		return -1;
	flags = on ? flags | flag : flags & ~flag;
	return fcntl(fd, set, flags) == -1 ? -1 : 0;
}

int
fd_nonblock(int fd, int on)
{
	return change_flag(fd, F_GETFL, F_SETFL, O_NONBLOCK, on);
}

int
fd_cloexec(int fd, int on)
{
	return change_flag(fd, F_GETFD, F_SETFD, FD_CLOEXEC, on);
}

int
fd_write_all(int fd, const void *bytes, size_t size)
{
	const char *at = bytes;
	ssize_t n;

	while (size > 0) {
		if ((n = write(fd, at, size)) == -1) {
			if (errno == EINTR)
				continue;
			return -1;
		}
		at += n;
		size -= (size_t)n;
	}
	return 0;
}

ssize_t
fd_read_text(int directory, const char *path, char *text, size_t size)
{
	int fd = openat(directory, path, O_RDONLY | O_CLOEXEC);
	size_t used = 0;
	ssize_t n = 0;

	if (fd == -1)
		return -1;
	while (used < size - 1 && (n = read(fd, text + used, size - 1 - used)) > 0)
		used += (size_t)n;
	fd_close(&fd);
	if (n == -1)
		return -1;
	text[used] = '\0';
	return (ssize_t)used;
}

int
fd_sealed(const char *name, const void *bytes, size_t size)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd == -1)
		return -1;
	if (fd_write_all(fd, bytes, size) == -1 || lseek(fd, 0, SEEK_SET) == -1 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW) == -1)
		fd_close(&fd);
	return fd;
}

void
fd_plug_standard(void)
{
	int fd;

	/* what is opened takes the lowest that is free: the one that was found closed */
	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) == -1 && errno == EBADF && open("/dev/null", O_RDWR) == -1)
			(void)!open("/", O_PATH);
}

#ifndef CLOSE_RANGE_CLOEXEC	/* Linux 5.11 */
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif

void
fd_cloexec_from(int first, int end)
{
	int fd;

	if (syscall(SYS_close_range, first, ~0U, CLOSE_RANGE_CLOEXEC) == 0)
		return;
	for (fd = first; fd < end; fd++)
		fd_cloexec(fd, 1);
}

/* Descriptors must not be closed under the feet of readdir: its own is left for last. */
static int
close_listed(int first)
{
	DIR *directory = opendir("/proc/self/fd");
	struct dirent *entry;
	int fd;

	if (directory == NULL)
		return -1;
	while ((entry = readdir(directory)) != NULL) {
		fd = atoi(entry->d_name);
		if (fd >= first && fd != dirfd(directory))
			close(fd);
	}
	closedir(directory);
	return 0;
}

void
fd_close_from(int first)
{
	enum { MANY = 65536 };
	long most;
	int fd;

	if (syscall(SYS_close_range, first, ~0U, 0) == 0 || close_listed(first) == 0)
		return;
	most = sysconf(_SC_OPEN_MAX);
	for (fd = first; fd < (most > 0 && most < MANY ? most : MANY); fd++)
		close(fd);
}

/* digest.c - one number that stands for contents. */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "watcher/digest.h"

enum { CHUNK = 64 * 1024 };

uint64_t
digest_bytes(uint64_t digest, const void *bytes, size_t size)
{
	const unsigned char *at = bytes, *end = at + size;

	for (; at < end; at++)
		digest = (digest ^ *at) * UINT64_C(1099511628211);
	return digest;
}

uint64_t
digest_text(uint64_t digest, const char *text)
{
	return digest_bytes(digest, text, strlen(text) + 1);
}

/* O_NONBLOCK: what was a file a moment ago may be a named pipe now. */
static int
open_regular(const char *path)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;

	if (fd == -1)
		return -1;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return fd;
	fd_close(&fd);
	errno = EINVAL;
	return -1;
}

/* From where on there is data: of a sparse file of terabytes only that is read. -1 with ENXIO: none. */
static off_t
skip_hole(int fd, off_t at)
{
	off_t data = lseek(fd, at, SEEK_DATA);

	return data == -1 && errno != ENXIO ? at : data;
}

static ssize_t
digest_piece(uint64_t *digest, int fd, off_t at)
{
	char bytes[CHUNK];
	ssize_t n = pread(fd, bytes, sizeof(bytes), at);

	if (n > 0)
		*digest = digest_bytes(*digest, bytes, (size_t)n);
	return n;
}

int
digest_file(uint64_t *digest, const char *path)
{
	int fd = open_regular(path);
	uint64_t sum = *digest;
	off_t at = 0, data;
	ssize_t n = 0;

	if (fd == -1)
		return -1;
	while ((data = skip_hole(fd, at)) != -1) {
		if (data != at)
			sum = digest_bytes(sum, &data, sizeof(data));
		if ((n = digest_piece(&sum, fd, data)) <= 0)
			break;
		at = data + n;
	}
	fd_close(&fd);
	if (n == -1)
		return -1;
	*digest = sum;
	return 0;
}

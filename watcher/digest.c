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

int
digest_file(uint64_t *digest, const char *path)
{
	int fd = open_regular(path);
	char bytes[CHUNK];
	uint64_t sum = *digest;
	ssize_t n;

	if (fd == -1)
		return -1;
	while ((n = read(fd, bytes, sizeof(bytes))) > 0)
		sum = digest_bytes(sum, bytes, (size_t)n);
	fd_close(&fd);
	if (n == -1)
		return -1;
	*digest = sum;
	return 0;
}

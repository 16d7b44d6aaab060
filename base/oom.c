/* oom.c - this process's place in the kernel's order. Never touches another process. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/oom.h"
#include "base/text.h"

static const char file[] = "/proc/self/oom_score_adj";

enum { LEAST = -1000, MOST = 1000 };

static int
read_score(int fd, int64_t *score)
{
	char text[16];
	ssize_t n = read(fd, text, sizeof(text) - 1);

	if (n <= 0)
		return -1;
	text[n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	if (text_number(text, LEAST, MOST, score) == 0)
		return 0;
	errno = EINVAL;
	return -1;
}

static int
write_score(int fd, int64_t score)
{
	char text[16];
	int length = snprintf(text, sizeof(text), "%d", (int)score);

	return pwrite(fd, text, (size_t)length, 0) == length ? 0 : -1;
}

static int
add(int fd, int points)
{
	int64_t now, then;

	if (read_score(fd, &now) == -1)
		return -1;
	then = now + points;
	if (then < LEAST)
		then = LEAST;
	if (then > MOST)
		then = MOST;
	return then == now ? 0 : write_score(fd, then);
}

int
oom_score(int points)
{
	int fd = open(file, O_RDWR | O_CLOEXEC), result;

	if (fd == -1)
		return -1;
	result = add(fd, points);
	fd_close(&fd);
	return result;
}

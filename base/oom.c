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
read_score(int64_t *score)
{
	char text[16];

	if (fd_read_text(AT_FDCWD, file, text, sizeof(text)) == -1)
		return -1;
	text[strcspn(text, "\n")] = '\0';
	if (text_number(text, LEAST, MOST, score) == 0)
		return 0;
	errno = EINVAL;
	return -1;
}

static int
write_score(int64_t score)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC), result;
	char text[16];

	if (fd == -1)
		return -1;
	snprintf(text, sizeof(text), "%d", (int)score);
	result = fd_write_all(fd, text, strlen(text));
	fd_close(&fd);
	return result;
}

int
oom_score(int points)
{
	int64_t now, then;

	if (read_score(&now) == -1)
		return -1;
	then = now + points;
	if (then < LEAST)
		then = LEAST;
	if (then > MOST)
		then = MOST;
	return then == now ? 0 : write_score(then);
}

/* buildlog.c - a build's log as a client reads it. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "init/buildlog.h"
#include "init/print.h"

void
buildlog_init(struct buildlog *b)
{
	*b = (struct buildlog){ .fd = -1 };
}

void
buildlog_open(struct buildlog *b, int fd)
{
	fd_close(&b->fd);
	buildlog_init(b);
	b->fd = fd;
}

static void
end_line(struct buildlog *b, bool print)
{
	b->line[b->used] = '\0';
	b->used = 0;
	text_copy(b->last, sizeof(b->last), b->line);
	if (!print)
		return;
	print_safe(stdout, b->line);
	putchar('\n');
}

void
buildlog_read(struct buildlog *b, bool print)
{
	char bytes[4096];
	ssize_t n, i;

	while (b->fd != -1 && (n = pread(b->fd, bytes, sizeof(bytes), b->at)) > 0) {
		b->at += n;
		for (i = 0; i < n; i++)
			if (bytes[i] == '\n')
				end_line(b, print);
			else if (b->used < sizeof(b->line) - 1)
				b->line[b->used++] = bytes[i];
	}
	if (print)
		fflush(stdout);
}

void
buildlog_close(struct buildlog *b, bool print)
{
	buildlog_read(b, print);
	if (b->used > 0)
		end_line(b, print);
	fd_close(&b->fd);
}

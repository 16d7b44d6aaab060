/* tail.c - what workers write to stderr, passed on and its end kept. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "handoff/tail.h"

void
tail_open(struct tail *t, int capture)
{
	memset(t, 0, sizeof(*t));
	t->pipe[0] = t->pipe[1] = -1;
	/* a terminal stays one: programs ask */
	if (!capture || isatty(STDERR_FILENO) || pipe2(t->pipe, O_CLOEXEC) == -1)
		return;
	fd_nonblock(t->pipe[0], 1);
}

struct pollfd
tail_poll(const struct tail *t)
{
	if (t->pending_length > 0)
		return (struct pollfd){ .fd = log_descriptor(), .events = POLLOUT };
	return (struct pollfd){ .fd = t->pipe[0], .events = POLLIN };
}

static void
keep(struct tail *t, const char *bytes, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		t->kept[t->at] = bytes[i];
		t->at = (t->at + 1) % TAIL_KEPT;
	}
	t->length = t->length + count < TAIL_KEPT ? t->length + count : TAIL_KEPT;
}

/* Returns whether all of it was taken. */
static int
pass_on(struct tail *t)
{
	ssize_t n;

	while (t->pending_length > 0) {
		n = log_bytes(t->pending + t->pending_at, t->pending_length);
		if (n == -1 && (errno == EAGAIN || errno == EINTR))
			return 0;
		if (n == -1)		/* stderr is closed: nobody will ever read it */
			n = (ssize_t)t->pending_length;
		t->pending_at += (size_t)n;
		t->pending_length -= (size_t)n;
	}
	return 1;
}

static ssize_t
read_more(struct tail *t)
{
	ssize_t n = read(t->pipe[0], t->pending, sizeof(t->pending));

	if (n <= 0)
		return n;
	keep(t, t->pending, (size_t)n);
	t->pending_at = 0;
	t->pending_length = (size_t)n;
	return n;
}

void
tail_go_on(struct tail *t)
{
	if (t->pipe[0] != -1 && pass_on(t) && read_more(t) > 0)
		pass_on(t);
}

void
tail_end(struct tail *t)
{
	enum { CHUNKS_MOST = 64 };	/* a pipe's worth, several times */
	int chunks = 0;

	if (t->pipe[0] == -1)
		return;
	pass_on(t);
	while (t->pending_length == 0 && chunks++ < CHUNKS_MOST && read_more(t) > 0)
		pass_on(t);
}

int
tail_lines(struct tail *t)
{
	char text[TAIL_KEPT];
	size_t first, i, skip = 0;

	if (t->pipe[0] == -1)
		return -1;
	tail_end(t);
	first = (t->at + TAIL_KEPT - t->length) % TAIL_KEPT;
	for (i = 0; i < t->length; i++)
		text[i] = t->kept[(first + i) % TAIL_KEPT];
	/* full, it begins in the middle of a line */
	if (t->length == TAIL_KEPT)
		while (skip < t->length && skip < TAIL_KEPT / 2 && text[skip] != '\n')
			skip++;
	return t->length == 0 ? -1 : fd_sealed("last lines", text + skip, t->length - skip);
}

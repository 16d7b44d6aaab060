/* fields.c - a state of a few bytes over a buffer. Knows nothing of what the fields mean. */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/fields.h"

enum { FILE_END = -1, LINE_END = '\n' };

int
fields_open(struct fields *f, const char *path)
{
	struct stat status;

	f->stopped_at = LINE_END;
	f->at = f->length = 0;
	/* a FIFO that nobody writes to must not hold up the start */
	f->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (f->fd == -1)
		return -1;
	if (fstat(f->fd, &status) == 0 && S_ISREG(status.st_mode))
		return 0;
	fd_close(&f->fd);
	errno = EINVAL;
	return -1;
}

void
fields_close(struct fields *f)
{
	fd_close(&f->fd);
}

static int
next_byte(struct fields *f)
{
	ssize_t n;

	if (f->at == f->length) {
		do
			n = f->fd == -1 ? 0 : read(f->fd, f->bytes, sizeof(f->bytes));
		while (n == -1 && errno == EINTR);
		if (n <= 0)
			return FILE_END;
		f->at = 0;
		f->length = (size_t)n;
	}
	return (unsigned char)f->bytes[f->at++];
}

bool
fields_over(const struct fields *f)
{
	return f->stopped_at == LINE_END || f->stopped_at == FILE_END;
}

bool
fields_line(struct fields *f)
{
	while (!fields_over(f))
		f->stopped_at = next_byte(f);
	if (f->stopped_at == FILE_END)
		return false;
	f->stopped_at = 0;
	return true;
}

void
fields_next(struct fields *f, char separator, char *to, size_t size)
{
	bool whole = true;
	size_t used = 0;
	int byte;

	*to = '\0';
	if (fields_over(f))
		return;
	while ((byte = next_byte(f)) != FILE_END && byte != LINE_END && byte != separator) {
		whole = whole && byte != '\0' && used < size - 1;
		if (whole)
			to[used++] = (char)byte;
	}
	f->stopped_at = byte;
	if (fields_over(f) && used > 0 && to[used - 1] == '\r')
		used--;
	to[whole ? used : 0] = '\0';
}

void
fields_skip(struct fields *f, char separator)
{
	char nothing[1];

	fields_next(f, separator, nothing, sizeof(nothing));
}

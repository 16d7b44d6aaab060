/* output.c - what a build says. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "watcher/output.h"
#include "watcher/store.h"

enum { FILE_BYTES = 1024 * 1024, CHUNK = 16 * 1024, MOST_CHUNKS = 64 };

int
output_open(struct output *o, const char *releases, int32_t number)
{
	char path[PATH_MAX];
	int ends[2];

	if (store_file(path, sizeof(path), releases, "", number, ".log") == -1 ||
	    pipe2(ends, O_CLOEXEC) == -1)
		return -1;
	fd_nonblock(ends[0], 1);
	*o = (struct output){ .pipe = ends[0], .number = number, .room = FILE_BYTES };
	o->file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	return ends[1];
}

int
output_reader(const char *releases, int32_t number, bool begin)
{
	char path[PATH_MAX];

	if (store_file(path, sizeof(path), releases, "", number, ".log") == -1) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | (begin ? O_CREAT : 0), 0644);
}

/* The last bytes, beginning with a whole line. */
static void
keep(struct output *o, const char *line, size_t length)
{
	const char *next;
	size_t gone;

	while (o->kept + length + 1 > sizeof(o->tail)) {
		next = memchr(o->tail, '\n', o->kept);
		gone = next != NULL ? (size_t)(next - o->tail) + 1 : o->kept;
		memmove(o->tail, o->tail + gone, o->kept - gone);
		o->kept -= gone;
	}
	memcpy(o->tail + o->kept, line, length);
	o->kept += length;
	o->tail[o->kept++] = '\n';
}

static void
append(struct output *o, const char *line, size_t length)
{
	if (o->file == -1 || o->cut)
		return;
	if ((o->room -= (int64_t)length + 1) < 0)
		o->cut = true;
	else if (fd_write_all(o->file, line, length) == -1 || fd_write_all(o->file, "\n", 1) == -1)
		fd_close(&o->file);	/* a full disk: the build will notice as well */
}

void
output_say(struct output *o, const char *line)
{
	size_t length = strnlen(line, OUTPUT_LINE - 1);

	keep(o, line, length);
	append(o, line, length);
	log_line(LOG_INFO, "build %" PRId32 ": %s", o->number, line);
}

static void
end_line(struct output *o)
{
	if (o->used == 0)
		return;
	o->line[o->used] = '\0';
	o->used = 0;
	output_say(o, o->line);
}

/* C1 controls are as good as an escape to some terminals; in UTF-8 they begin with 0xc2. */
static bool
is_control(unsigned char byte, unsigned char before)
{
	if (byte < 0x20 || byte == 0x7f)
		return byte != '\t';
	return before == 0xc2 && byte < 0xa0;
}

static void
take(struct output *o, unsigned char byte)
{
	unsigned char before = o->used > 0 ? (unsigned char)o->line[o->used - 1] : 0;

	if (byte == '\n' || byte == '\r') {
		end_line(o);
		return;
	}
	if (is_control(byte, before))
		o->used += (size_t)snprintf(o->line + o->used, sizeof(o->line) - o->used, "\\x%02x",
		    byte);
	else
		o->line[o->used++] = (char)byte;
	/* where it can be had, the cut is not within a character; room for an escape stays */
	if (o->used > sizeof(o->line) - (byte < 0x80 ? 16 : 6))
		end_line(o);
}

int
output_read(struct output *o)
{
	char bytes[CHUNK];
	ssize_t n = read(o->pipe, bytes, sizeof(bytes)), i;

	if (n == -1)
		return errno == EAGAIN || errno == EINTR;
	for (i = 0; i < n; i++)
		take(o, (unsigned char)bytes[i]);
	return n > 0;
}

int
output_tail(const struct output *o)
{
	return fd_sealed("last-lines", o->tail, o->kept);
}

void
output_close(struct output *o)
{
	static const char note[] = "... (cut; the last lines:)\n";
	int chunks;

	/* whoever saw its end has closed the pipe, but not the file */
	errno = 0;
	for (chunks = 0; o->pipe != -1 && chunks < MOST_CHUNKS && output_read(o) == 1 && errno != EAGAIN; chunks++)
		errno = 0;
	end_line(o);
	if (o->cut && o->file != -1) {
		fd_write_all(o->file, note, sizeof(note) - 1);
		fd_write_all(o->file, o->tail, o->kept);
	}
	fd_close(&o->pipe);
	fd_close(&o->file);
}

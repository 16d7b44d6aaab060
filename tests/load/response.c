/* response.c - one HTTP/1 response, piece by piece. No system calls. */
#include "tests/load/response.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { KEPT_BYTES = 1 << 20, HEAD_BYTES = 1 << 16 };

static size_t
broken(struct response *r, const char *why, size_t used)
{
	r->why = why;
	r->stage = READING_FAILED;
	return used;
}

/* Append to the text, which stays a string; what is beyond its limit is not kept. */
static void
keep(struct response *r, const char *bytes, size_t count)
{
	size_t room = r->text_room ? r->text_room : 1024;
	char *text;

	if (r->text_size + count > KEPT_BYTES)
		count = KEPT_BYTES - r->text_size;
	while (room < r->text_size + count + 1)
		room *= 2;
	if (room != r->text_room) {
		if ((text = realloc(r->text, room)) == NULL)
			abort();
		r->text = text;
		r->text_room = room;
	}
	memcpy(r->text + r->text_size, bytes, count);
	r->text_size += count;
	r->text[r->text_size] = '\0';
}

/* The value of a header in the head, or NULL. The value ends with its line. */
static const char *
header(const struct response *r, const char *name)
{
	const char *line = r->text, *end = r->text + r->head_size;
	size_t size = strlen(name);

	while ((line = memchr(line, '\n', (size_t)(end - line))) != NULL && ++line < end) {
		if ((size_t)(end - line) <= size || line[size] != ':' ||
		    strncasecmp(line, name, size) != 0)
			continue;
		for (line += size + 1; *line == ' ' || *line == '\t'; line++)
			;
		return line;
	}
	return NULL;
}

static bool
says(const struct response *r, const char *name, const char *word)
{
	const char *value = header(r, name);
	size_t size = strlen(word);

	for (; value && *value != '\r' && *value != '\n'; value++)
		if (strncasecmp(value, word, size) == 0)
			return true;
	return false;
}

static void
choose_framing(struct response *r)
{
	const char *length = header(r, "Content-Length");
	bool old = r->text[7] == '0';
	char *end;

	r->closes = says(r, "Connection", "close") || (old && !says(r, "Connection", "keep-alive"));
	if (r->status == 204 || r->status == 304) {
		r->stage = READING_DONE;
	} else if (says(r, "Transfer-Encoding", "chunked")) {
		r->stage = READING_CHUNK_SIZE;
	} else if (length) {
		errno = 0;
		r->left = strtoull(length, &end, 10);
		r->stage = r->left ? READING_COUNTED : READING_DONE;
		if (!isdigit((unsigned char)*length) || (*end != '\r' && *end != '\n') || errno)
			broken(r, "Content-Length is no number", 0);
	} else {
		r->closes = true;
		r->stage = READING_TO_END;
	}
}

/* The head is complete: its first line, then how the body is delimited. */
static void
read_head(struct response *r)
{
	if (r->head_size < 16 || memcmp(r->text, "HTTP/1.", 7) != 0 || r->text[8] != ' ') {
		broken(r, "no HTTP/1 status line", 0);
		return;
	}
	r->status = (int)strtol(r->text + 9, NULL, 10);
	if (r->status < 100 || r->status > 599)
		broken(r, "no status from 100 to 599", 0);
	else if (r->status < 200)
		response_begin(r); /* 100 or 103: the real one follows */
	else
		choose_framing(r);
}

static size_t
eat_head(struct response *r, const char *bytes, size_t count)
{
	size_t before = r->text_size, from = before < 3 ? 0 : before - 3;
	const char *end;

	keep(r, bytes, count);
	end = memmem(r->text + from, r->text_size - from, "\r\n\r\n", 4);
	if (!end)
		return r->text_size > HEAD_BYTES ? broken(r, "the head does not end", count)
		                                 : count;
	r->head_size = r->text_size = (size_t)(end + 4 - r->text);
	count = r->head_size - before;
	read_head(r);
	return count;
}

/* Of a body or chunk whose size is known. */
static size_t
eat_known(struct response *r, const char *bytes, size_t count, enum response_stage then)
{
	if (count > r->left)
		count = r->left;
	keep(r, bytes, count);
	r->left -= count;
	if (r->left == 0)
		r->stage = then;
	return count;
}

static size_t
eat_counted(struct response *r, const char *bytes, size_t count)
{
	return eat_known(r, bytes, count, READING_DONE);
}

static size_t
eat_chunk(struct response *r, const char *bytes, size_t count)
{
	return eat_known(r, bytes, count, READING_CHUNK_END);
}

static size_t
eat_to_end(struct response *r, const char *bytes, size_t count)
{
	keep(r, bytes, count);
	return count;
}

/* One byte of a line: true once the line is there, without its end. Long lines lose their tail. */
static bool
eat_line(struct response *r, char byte)
{
	if (byte != '\n') {
		if (byte != '\r' && r->line_size < sizeof r->line - 1)
			r->line[r->line_size++] = byte;
		return false;
	}
	r->line[r->line_size] = '\0';
	return true;
}

static size_t
eat_chunk_size(struct response *r, const char *bytes, size_t count)
{
	char *end;

	(void)count;
	if (!eat_line(r, *bytes))
		return 1;
	r->line_size = 0;
	r->left = strtoull(r->line, &end, 16);
	if (!isxdigit((unsigned char)r->line[0]) || (*end != '\0' && *end != ';' && *end != ' '))
		return broken(r, "a chunk's size is no number", 1);
	r->stage = r->left ? READING_CHUNK : READING_TRAILER;
	return 1;
}

static size_t
eat_chunk_end(struct response *r, const char *bytes, size_t count)
{
	(void)count;
	if (!eat_line(r, *bytes))
		return r->line_size ? broken(r, "a chunk is longer than its size", 1) : 1;
	r->stage = READING_CHUNK_SIZE;
	return 1;
}

static size_t
eat_trailer(struct response *r, const char *bytes, size_t count)
{
	(void)count;
	if (!eat_line(r, *bytes))
		return 1;
	if (r->line_size == 0)
		r->stage = READING_DONE;
	r->line_size = 0;
	return 1;
}

static size_t (*const eat[])(struct response *, const char *, size_t) = {
	[READING_HEAD] = eat_head,
	[READING_COUNTED] = eat_counted,
	[READING_CHUNK_SIZE] = eat_chunk_size,
	[READING_CHUNK] = eat_chunk,
	[READING_CHUNK_END] = eat_chunk_end,
	[READING_TRAILER] = eat_trailer,
	[READING_TO_END] = eat_to_end,
};

static enum response_progress
progress(const struct response *r)
{
	if (r->stage == READING_FAILED)
		return RESPONSE_BROKEN;
	return r->stage == READING_DONE ? RESPONSE_COMPLETE : RESPONSE_MORE;
}

void
response_begin(struct response *r)
{
	char *text = r->text;
	size_t room = r->text_room;

	memset(r, 0, sizeof *r);
	r->text = text;
	r->text_room = room;
}

void
response_free(struct response *r)
{
	free(r->text);
	memset(r, 0, sizeof *r);
}

enum response_progress
response_feed(struct response *r, const char *bytes, size_t count)
{
	size_t used;

	while (count > 0 && r->stage < READING_DONE) {
		used = eat[r->stage](r, bytes, count);
		bytes += used;
		count -= used;
	}
	if (count > 0 && r->stage == READING_DONE)
		broken(r, "bytes follow the end of the response", 0);
	return progress(r);
}

enum response_progress
response_end(struct response *r)
{
	if (r->stage == READING_TO_END)
		r->stage = READING_DONE;
	return progress(r);
}

bool
response_untouched(const struct response *r)
{
	return r->text_size == 0;
}

bool
response_number(const struct response *r, const char *prefix, uint64_t *number)
{
	size_t size = strlen(prefix), i;

	for (i = 0; i + size < r->text_size; i++) {
		size_t at = i + size;
		uint64_t n = 0;

		if (strncasecmp(r->text + i, prefix, size) != 0)
			continue;
		while (at < r->text_size && r->text[at] && strchr(":= \t\"'", r->text[at]))
			at++;
		if (at == r->text_size || !isdigit((unsigned char)r->text[at]))
			continue;
		for (; at < r->text_size && isdigit((unsigned char)r->text[at]); at++)
			n = n * 10 + (uint64_t)(r->text[at] - '0');
		*number = n;
		return true;
	}
	return false;
}

const char *
response_body(const struct response *r, size_t *size)
{
	*size = r->text_size - r->head_size;
	return r->text + r->head_size;
}

/*
 * response.h - one HTTP/1 response, read piece by piece as it comes: Content-Length, chunked, or until
 * the connection ends. Strict: a byte too many is as wrong as a byte too few.
 */
#ifndef LOAD_RESPONSE_H
#define LOAD_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum response_progress { RESPONSE_MORE, RESPONSE_COMPLETE, RESPONSE_BROKEN };

enum response_stage {
	READING_HEAD,
	READING_COUNTED,
	READING_CHUNK_SIZE,
	READING_CHUNK,
	READING_CHUNK_END,
	READING_TRAILER,
	READING_TO_END,
	READING_DONE,
	READING_FAILED
};

struct response {
	enum response_stage stage;
	int status;
	bool closes;     /* the connection is not to be used again */
	const char *why; /* what is wrong, once broken */
	uint64_t left;   /* bytes to come of the body or chunk */
	char line[32];   /* the chunk size line, or the trailer's line, so far */
	size_t line_size;
	char *text; /* the head, then the decoded body as far as it is kept */
	size_t text_size, text_room, head_size;
};

/* Forget the last response and expect the next; keeps the memory. */
void response_begin(struct response *r);
void response_free(struct response *r);

/* Take the next bytes of the connection. Bytes after the end of the response break it. */
enum response_progress response_feed(struct response *r, const char *bytes, size_t count);

/* The connection ended: MORE means that it ended too early. */
enum response_progress response_end(struct response *r);

/* No byte of it has come yet. */
bool response_untouched(const struct response *r);

/*
 * The number that follows `prefix` in the head or the body, with ':', '=', blanks or quotes between.
 * Returns false if there is none.
 */
bool response_number(const struct response *r, const char *prefix, uint64_t *number);

/* The body, as far as it is kept (one MiB). */
const char *response_body(const struct response *r, size_t *size);

#endif

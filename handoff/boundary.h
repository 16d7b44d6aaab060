/*
 * boundary.h - may this connection be carried to another process now? PURE.
 *
 * From outside, bytes that wait to be read and look like a request can be the rest of a body, and to
 * give them to somebody else would be request smuggling. So what they look like is not enough: a
 * connection is carried after a chain of exact exchanges. One is exact when exactly one whole request
 * waited, then the worker read exactly that and nothing else, wrote more than any interim answer is
 * long, all of it arrived, and exactly one whole request waits again. docs/drain.md has the attacks.
 */
#ifndef HANDOFF_BOUNDARY_H
#define HANDOFF_BOUNDARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	BOUNDARY_CHAIN = 3,		/* exact exchanges in a row */
	/* "HTTP/1.1 200 OK" and an empty line have 19 bytes, with `Content-Length: 0` 38; 100 Continue 25 */
	BOUNDARY_SHORTEST = 38,
	BOUNDARY_LONGEST = 16384,	/* a request that is longer is not waited for */
	/* so often it may be met in the middle of something: a server that reads what came in pieces */
	BOUNDARY_DOUBTS = 8,
};

/* The connection at one instant. */
struct glimpse {
	uint64_t read;			/* bytes that the worker has read, ever */
	uint64_t sent;			/* bytes that it has written, ever */
	size_t unread;			/* bytes that it has yet to read ... */
	const char *bytes;		/* ... and which; may be NULL without any */
	bool arrived;			/* the client has acknowledged all that was written */
	bool crossed;			/* the last byte received came before the last was sent */
	bool open;			/* neither side has closed its half */
};

/* What was learned of one. Zero for a new one. */
struct boundary {
	bool never;
	bool anchored;			/* a whole request waited, at read and sent: */
	uint64_t read, sent;
	size_t length;
	int chain;			/* exact exchanges up to there */
	int looks;			/* how often it was seen waiting, unchanged */
	int doubts;
};

enum verdict {
	BOUNDARY_WAIT,			/* nothing waits, or it is being answered */
	BOUNDARY_PART,			/* the beginning of a request waits */
	BOUNDARY_DOUBT,			/* what waits is no request, by itself */
	BOUNDARY_HOLD,			/* a request waits: look at it once more */
	BOUNDARY_SERVE,			/* a request waits, was looked at twice: let the worker have it */
	BOUNDARY_CARRY,			/* a request waits that another process may have as well */
	BOUNDARY_NEVER,			/* not this connection: it drains */
};

/* Look. With NEVER it is settled. */
enum verdict boundary_see(struct boundary *b, const struct glimpse *g);

/* It was not watched for a while: what is known of it counts no more. */
void boundary_forget(struct boundary *b);

#endif

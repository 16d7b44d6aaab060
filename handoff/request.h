/*
 * request.h - are these bytes exactly one whole HTTP/1.1 request? PURE.
 *
 * Stricter than any server: what two programs could read differently is doubtful, and doubtful is no.
 */
#ifndef HANDOFF_REQUEST_H
#define HANDOFF_REQUEST_H

#include <stddef.h>

enum request_seen {
	REQUEST_WHOLE,			/* one, all of it, nothing behind it */
	REQUEST_PART,			/* the beginning of one; more is to come */
	REQUEST_DOUBTFUL,		/* anything else */
};

/*
 * Whole is: a known method, a path, HTTP/1.1, one Host, fields in plain syntax, and a body of just
 * Content-Length bytes where the method has one. Doubtful is what changes how the connection goes on:
 * Expect, Upgrade, Transfer-Encoding, TE, Connection other than keep-alive; and what is no such
 * request: TLS, HTTP/2, WebSocket frames, a body, two requests.
 */
enum request_seen request_look(const char *bytes, size_t length);

#endif

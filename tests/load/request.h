/* request.h - the life of one request: from due, over its connection, to counted. */
#ifndef LOAD_REQUEST_H
#define LOAD_REQUEST_H

#include "tests/load/instant.h"

struct connection;
struct run;

/*
 * Begin the request that was due at due_us on a free connection. A kept one is looked at just before, as
 * careful clients do: an end that has already arrived is no failure, one that crosses the request is.
 */
void request_begin(struct run *r, struct connection *c, instant due_us);

/* Something happened on the socket of c. */
void request_event(struct run *r, struct connection *c);

/* The timer of c fired: a pause is over, a full queue may have room, or a deadline has passed. */
void request_elapsed(struct run *r, struct connection *c, instant now);

/* c may carry the next request: put it last in the line of those that wait for one. */
void request_free_connection(struct run *r, struct connection *c, instant now);

/* Streams that still flow a timeout after the end of the run have not been cut: they are ok. */
void request_end_streams(struct run *r, instant now);

#endif

/*
 * connection.h - one connection to the server and the request on it. Moves bytes, never waits, and
 * decides nothing: what a result means for the run is run.c's.
 */
#ifndef LOAD_CONNECTION_H
#define LOAD_CONNECTION_H

#include "tests/load/instant.h"
#include "tests/load/response.h"
#include "tests/load/target.h"
#include "tests/load/tally.h"

enum connection_state {
	CLOSED,
	QUEUEING, /* a UNIX listener's queue is full: connect again in a moment, as a blocking one waits */
	CONNECTING,
	SENDING,
	RECEIVING,
	KEPT /* open, and no request is out */
};

struct connection {
	enum connection_state state;
	int fd;      /* -1 when there is none */
	size_t sent; /* bytes of the request */
	struct response response;
	instant due_us, deadline_us;
	instant first_us; /* when the first byte of a stream came */
	instant free_us;  /* since when it waits for a request to carry */
	int mark;         /* the label under which the request began */
	uint64_t floor;   /* no answer on it may come from an older generation */
	int error;        /* the errno behind RESET, OTHER … */
	struct connection *next_free;
};

/* All of these return PENDING while there is more to come, or what became of the request. */

/* Connect a closed connection. */
enum outcome connection_open(struct connection *c, const struct target *t);

/* The socket became writable: finish connecting, send what is left of the request. */
enum outcome connection_write(struct connection *c, const struct target *t);

/* The socket became readable. OK is a complete response, whatever it says. */
enum outcome connection_read(struct connection *c);

/* Of a kept connection: the server has ended it, or said something that nobody asked for. */
bool connection_ended(const struct connection *c);

void connection_close(struct connection *c);

/* The local port, or 0. */
unsigned connection_port(const struct connection *c);

#endif

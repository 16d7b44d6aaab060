/*
 * connection.h - one connection, as the kernel tells it, and what is learned of it by looking at
 * it more than once. PURE.
 *
 * Nobody asks the server or reads what is sent: when bytes came and went has to do.
 */
#ifndef HANDOFF_CONNECTION_H
#define HANDOFF_CONNECTION_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

enum { CONNECTION_GAPS = 8 };

/* Zero for a new one. */
struct habit {
	uint64_t bytes_received, bytes_sent;	/* at the last look */
	uint32_t segments_received, segments_sent, acks_received, acks_sent;
	uint32_t acks_before;		/* acks_sent at the look before the last request was seen */
	msec last_sent, last_byte;	/* moments */
	msec gap[CONNECTION_GAPS];	/* from a response to the next request, at least 1; 0: none */
	unsigned gaps;			/* how many were seen, ever */
	msec pause;			/* the longest silence after which it sent without being asked */
	msec closed_at;
	msec there_since;		/* a moment; it may be there for longer */
	bool seen;
	bool settled;			/* all was answered, and then it was silent for a while */
	bool pending;			/* a request came and no answer was seen */
	bool overlaps;			/* a request came before the answer to the one before */
	bool unsure;			/* ... or an answer that cannot be told from it */
	bool closed;			/* we closed it; the worker has yet to */
	bool late;			/* ... and a request came after that */
	bool apart;			/* it is not to be carried to another generation (carry.h) */
};

struct connection {
	uint64_t inode;			/* its name as long as it lives */
	uint64_t bytes_received, bytes_sent;
	uint32_t segments_received, segments_sent;	/* with data in them */
	uint32_t acks_received, acks_sent;	/* segments without */
	msec received_ago, sent_ago;	/* ages of the last data ... */
	msec acked_ago;			/* ... and of the client's last ACK */
	msec ack_delay;			/* how long the kernel waits at most to send an ACK with data */
	uint32_t unread;		/* bytes that the worker has not read yet */
	uint32_t unsent;		/* bytes that the worker has written and the kernel not sent yet */
	uint32_t unacked;		/* bytes that the client has not acknowledged yet */
	bool stays;			/* of a worker that stays while others drain: passed over */
	bool looked_for;		/* more than once: whose it is */
	bool close_now;			/* out: shut it */
	int worker;			/* index of the worker below which it is held */
	pid_t pid;			/* one process that holds it, 0: none of ours ... */
	int fd;				/* ... and its descriptor there */
	uint16_t local_port, remote_port;	/* host order */
	uint8_t family;
	uint8_t local[16], remote[16];	/* addresses, network order */
	struct habit habit;
};

/* Compare with what was seen at the last look, and remember this one. */
void connection_learn(struct connection *c, msec now);

/* A request is being answered, or bytes are on their way. */
bool connection_in_flight(const struct connection *c);

/* How long nothing was received and nothing sent. */
msec connection_quiet(const struct connection *c);

/* It sends without being asked, and will again: an event stream, a WebSocket, a page in pieces. */
bool connection_streams(const struct connection *c);

/* Its client uses to send the next request about now: a close would meet it halfway. */
bool connection_expects(const struct connection *c);

/* A client that asks often is never silent for long: a quarter of its shortest gap; 0 when not known. */
msec connection_rhythm(const struct connection *c);

#endif

/*
 * drain.h - which connections of a leaving generation may be closed, and when its workers may be
 * asked to stop.
 *
 * Pure: what was seen and the time go in, a plan comes out. The keeper looks (connections.h), calls
 * drain_observe(), does what the plan says, and looks again when the plan says. docs/drain.md tells
 * the rules.
 */
#ifndef HANDOFF_DRAIN_H
#define HANDOFF_DRAIN_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"

enum { DRAIN_NOBODY = -1, DRAIN_GAPS = 4, DRAIN_SHORTEST_QUIET = 20 };

/* What was learned of one connection by looking at it more than once; zero for a new one. */
struct habit {
	uint64_t bytes_received, bytes_sent;	/* at the last look */
	uint32_t segments_received, segments_sent, acks_sent;
	uint32_t gap[DRAIN_GAPS];	/* ms from a response to the next request, the newest first */
	uint32_t longest_gap;
	msec changed;			/* the look that first saw these counters */
	bool seen;
	bool pending;			/* a request came and no answer has been seen */
	bool stream;			/* spoke out of turn: no request and response */
	bool closed;			/* we closed it, the worker has yet to */
	bool late;			/* ... and a request came after that */
};

/* One established connection, as the kernel tells it (tcp_info). */
struct connection {
	uint64_t inode;			/* its name as long as it lives */
	uint64_t bytes_received, bytes_sent;
	uint32_t segments_received, segments_sent;	/* with data in them */
	uint32_t acks_sent;		/* segments without data */
	msec received_ago, sent_ago, acked_ago;	/* ages of the last data and the last ACK */
	uint32_t round_trip_us;		/* the shortest, 0 when unknown */
	uint32_t unread;		/* bytes that the worker has not read yet */
	uint32_t unsent;		/* bytes that the client has not acknowledged yet */
	uint8_t state;			/* TCP_ESTABLISHED ..., netinet/tcp.h */
	bool other_end_closed;		/* the client sent its FIN */
	bool close_now;			/* out: shut it */
	int worker;			/* index of the worker below which it is held, or DRAIN_NOBODY */
	pid_t pid;			/* one process that holds it, 0 when none was found ... */
	int fd;				/* ... and its descriptor there */
	uint16_t local_port, remote_port;
	uint8_t family;			/* AF_INET, AF_INET6 */
	uint8_t remote[16];		/* address, network order */
	struct habit habit;
};

/* One worker that is still running. */
struct drain_worker {
	bool catches;		/* it has a handler for the stop signal */
	bool signalled;		/* it was sent: keep this up to date */
	bool signal_now;	/* out: send it */
	int connections;	/* out: how many it holds */
};

/* What one look saw. */
struct drain_view {
	struct connection *connections;
	size_t count;
	struct drain_worker *workers;
	size_t worker_count;
	uint32_t queue;		/* in the slots' accept queues, and handshakes on their way there */
};

enum drain_waits {
	DRAIN_WAITS_QUEUE,	/* connections that are not accepted yet */
	DRAIN_WAITS_FLIGHT,	/* requests in flight */
	DRAIN_WAITS_QUIET,	/* connections to be quiet for long enough */
	DRAIN_WAITS_STREAMS,	/* long streams, nothing else */
	DRAIN_WAITS_EXIT	/* every worker was signalled */
};

struct drain_plan {
	msec look_again;	/* a moment after now; CLOCK_NEVER when all is said */
	enum drain_waits waits_for;
	uint32_t open, in_flight, quiet, streams;
	uint32_t closing;	/* how many have close_now */
	uint32_t signalling;	/* how many workers have signal_now */
};

struct drain {
	msec start, budget, quiet;
	msec next_stream;	/* when the next stream may be closed */
	bool can_close;		/* connections can be closed from outside */
	uint32_t closed;	/* quiet connections closed so far */
	uint32_t cut;		/* streams closed so far */
	uint32_t late;		/* requests that came to a connection just closed */
};

/*
 * Begin: nothing steers to the generation from now on. budget is the time until the stop signal at
 * the latest, quiet the silence after which a connection may be closed.
 */
void drain_begin(struct drain *d, msec budget, msec quiet, bool can_close, msec now);

/*
 * One look. Sets close_now and habit in the connections, signal_now and connections in the
 * workers, and fills plan. The caller keeps each habit with its inode until the next look
 * (connections_look() does).
 */
void drain_observe(struct drain *d, struct drain_view *view, msec now, struct drain_plan *plan);

/* A close that the plan asked for was refused: because it was not quiet any more, or for ever. */
void drain_refused(struct drain *d, struct connection *c, bool for_ever);

/* The silence that is long enough at this moment. */
msec drain_threshold(const struct drain *d, msec now);

#endif

/*
 * connections.h - the established connections of a tree of processes, seen from outside.
 *
 * sock_diag(7) says what the kernel knows of each connection, the links in /proc/PID/fd whose it
 * is. Nothing here blocks on a peer. EPERM, ENOSYS and an absent /proc are normal answers.
 */
#ifndef HANDOFF_CONNECTIONS_H
#define HANDOFF_CONNECTIONS_H

#include <sys/socket.h>

#include "handoff/address.h"
#include "handoff/drain.h"

enum { CONNECTIONS_HANDSHAKES = 256, CONNECTIONS_NAMES = 8 };

struct connections {
	int netlink;			/* -1 when there is none */
	uint32_t sequence;
	msec dumped;			/* when all were listed; in between the known ones are asked for */
	struct connection *list;	/* by inode, ascending; owned */
	size_t count, room;
	uint64_t handshake[CONNECTIONS_HANDSHAKES];	/* cookies of those under way at the mark */
	size_t handshakes;
	msec shaken;			/* when they were looked at last ... */
	int still;			/* ... and how many there were */
	char name[CONNECTIONS_NAMES][ADDRESS_TEXT];	/* of slots of UNIX listeners */
	size_t names;
	bool v4, v6;			/* families that are listened to; neither: not known */
};

/* 0, or -1 without sock_diag: everything below then fails softly. */
int connections_open(struct connections *c);
void connections_free(struct connections *c);

/*
 * Look at the connections of this listening socket's family. Of a UNIX one: at those with its name; they
 * are never quiet, as there is no way to see that. Without any: of all families.
 */
void connections_name(struct connections *c, int listening);

/*
 * Look: list the connections on these local ports (host order); those that a process below this one
 * holds have its pid, and the index in workers[] of the worker it descends from. What the drain
 * learned of a connection stays with it. Not accepted ones are not in it. 0, or -1 with errno.
 */
int connections_look(struct connections *c, const uint16_t *ports, size_t port_count,
    const pid_t *workers, size_t worker_count, msec now);

/*
 * A copy of the worker's descriptor, the caller's: pidfd_getfd(2), or where that is refused the worker
 * itself is made to send it (graft.h). -1 with EPERM or ENOSYS (this runtime refuses it), or EAGAIN.
 */
int connections_copy(const struct connection *c);

/*
 * Close one connection for reading, from outside, so that its worker sees its end. Looks a last time
 * whether it is still the same one and nothing happened since. 0; or -1 as above, with EAGAIN also
 * when it is not quiet any more, or gone.
 */
int connections_shut(const struct connection *c);

/* Whether this runtime may let us do that; the copy is tried on ourselves. */
bool connections_can_shut(void);

/* How many connections wait to be accepted from this listening socket; -1 with errno. */
int connections_queue(int listening);

/*
 * Handshakes on these ports: mark remembers those under way now, handshakes says how many of those
 * still are, or were a moment ago. Mark right after the steering was moved: what begins later goes to
 * another slot.
 */
int connections_mark(struct connections *c, const uint16_t *ports, size_t port_count);
int connections_handshakes(struct connections *c, const uint16_t *ports, size_t port_count);

/*
 * Whether a process has accepted the connection whose server end is local and client end remote:
 * 1, 0 (it waits in the queue), or -1 with ENOENT (there is none) or another errno.
 */
int connections_accepted(struct connections *c, const struct sockaddr *local,
    const struct sockaddr *remote);

#endif

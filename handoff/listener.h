/*
 * listener.h - one address the service is reached on, as a fixed group of listening sockets.
 *
 * All slots are created, bound and listening before the first worker runs and stay open for the
 * life of PID 1: the kernel renumbers a SO_REUSEPORT group when a member leaves
 * (net/core/sock_reuseport.c: reuseport_detach_sock). Behind the slots stands the door, one more
 * member that is never given away: it is the one that may change the steering (the slots carry
 * SO_LOCK_FILTER), and at shutdown new connections are steered to it, whose queue is full of our own
 * connections, so that nobody is accepted who would not be served. UNIX sockets have no such groups:
 * there the path names the slot that is served from (unix.h), and all else is the same.
 */
#ifndef HANDOFF_LISTENER_H
#define HANDOFF_LISTENER_H

#include <stdbool.h>

#include "handoff/address.h"
#include "handoff/steer.h"
#include "handoff/traits.h"
#include "handoff/unix.h"

enum { LISTENERS = 64, LISTENER_SOCKETS = 256, LISTENER_PLUGS = 2 };

/* How its sockets are to be made; zero but for `rights`: as usual. */
struct listener_wish {
	int backlog;
	bool v6only;			/* [::] for IPv6 alone */
	struct traits traits;
	struct unix_rights rights;	/* of a UNIX socket */
};

struct listener {
	struct address address;
	struct listener_wish wish;
	bool declared;			/* by BATON_LISTEN; else learned from a worker */
	char name[16];			/* for LISTEN_FDNAMES */
	int slots;			/* how many there are; the door stands behind them.
					   0: one socket for all, where steering does not work */
	int width;			/* sockets a slot: one, or one for each worker (BATON_SPREAD) */
	int sockets[LISTENER_SOCKETS + 1];	/* slot by slot, and the door */
	int plugs[LISTENER_PLUGS];	/* our ends of the connections that bar the door */
	bool barred;			/* they could be made */
};

/*
 * Bind, listen, steer to slot 0. On failure -1 with errno, and nothing is left open. "[::]" takes
 * IPv4 too where it can; where there is no IPv6, 0.0.0.0 takes its place (address says which).
 * name, declared, wish and width (0 as 1) are what the caller has written into *l before. A UNIX path
 * is resolved (unix_resolve()), has a width of 1, and fails as unix_claim() does.
 */
int listener_open(struct listener *l, const struct address *address, int slots);

/* A wish for nothing in particular. */
void listener_wish_nothing(struct listener_wish *w);

/* Of a UNIX listener the names go, too. */
void listener_close(struct listener *l);

/* How many sockets a slot has; the door is one, whatever the width. */
int listener_sockets(const struct listener *l, int slot);

/* The socket that this worker of the generation on this slot is given. */
int listener_socket(const struct listener *l, int slot, int worker);

/*
 * Attach the steering: atomic, also under load. s->slot == l->slots steers to the door; s->width is
 * not looked at, the listener knows its own.
 */
int listener_steer(const struct listener *l, const struct steer *s);

/*
 * The queue of a slot is as long as was wished for, if anything was: its workers have called
 * listen(2), with numbers of their own.
 */
void listener_deepen(const struct listener *l, int slot);

/* Connections that wait in the slot's accept queues. -1 with errno. */
int listener_queue(const struct listener *l, int slot);

/* Is it a socket for both families? */
bool listener_takes_ipv4(const struct listener *l);

/* Is this an address of this network namespace, which one can come from? */
bool listener_is_local(const struct address *a);

/* What the kernel dropped at its slots since they were opened (no room in a queue ...); -1. */
int64_t listener_dropped(const struct listener *l);

/*
 * Take whoever waits in the slot out and close it. Returns how many were lost: not counted is whose
 * client has gone away already, and the probe, which comes from probe_port (0 for none).
 */
int listener_flush(const struct listener *l, int slot, uint16_t probe_port);

/* The names of a UNIX listener go: from here on there is nothing to connect to. For the end of baton. */
void listener_remove(const struct listener *l);

/* Stop listening on everything: from here on connections are refused. For the end of baton. */
void listener_shut(const struct listener *l);

/*
 * A worker whose calls are not trapped can shut its slot down (shutdown(2)), which takes it out of the
 * group. Returns how many sockets of the slot did not listen any more: they listen again. One of them
 * is also brought back to its place in the group, at the cost of the door's bar; of several nobody
 * knows who left first, and the steering may be wrong from then on.
 */
int listener_check(struct listener *l, int slot);

/*
 * Bar the door, as listener_open() does; for when everybody is to be steered there and it is not
 * barred. False if that cannot be done.
 */
bool listener_bar(struct listener *l);

/* Does this kernel do as the program says? Tried on loopback; gVisor accepts it and ignores it. */
bool listener_steering_works(void);

#endif

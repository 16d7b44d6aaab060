/*
 * unixdiag.h - ask the kernel about UNIX stream sockets (sock_diag(7)). A kernel without unix_diag
 * says ENOENT.
 */
#ifndef HANDOFF_UNIXDIAG_H
#define HANDOFF_UNIXDIAG_H

#include <stddef.h>
#include <stdint.h>

struct unixdiag {
	uint64_t inode;			/* 0: no process has accepted it */
	uint64_t peer;			/* of the other end, 0 likewise */
	int listening;
	uint32_t queue;			/* a listening one: who waits; else bytes that were not read */
	uint32_t unsent;		/* bytes that its peer has not read */
	char path[108];			/* it was bound to, or accepted from; "" for none */
};

typedef void unixdiag_found(void *context, const struct unixdiag *s);

/* Every UNIX stream socket that listens or is connected. 0, or -1 with errno. */
int unixdiag_dump(int netlink, uint32_t sequence, unixdiag_found *found, void *context);

/* Just the one with this inode. 0, or -1 with errno. */
int unixdiag_lookup(int netlink, uint32_t sequence, uint64_t inode, struct unixdiag *answer);

/* Who waits to be accepted from this socket; or as much as poll(2) tells, 0 or 1; -1 with errno. */
int unixdiag_waiting(int listening);

/* Whether a process has accepted this connection: 1, 0, or -1 with errno where it cannot be seen. */
int unixdiag_accepted(int connection);

#endif

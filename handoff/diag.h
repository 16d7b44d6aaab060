/*
 * diag.h - ask the kernel about TCP sockets: sock_diag(7), NETLINK_SOCK_DIAG.
 *
 * The kernel answers within the call, so nothing here waits for anybody.
 */
#ifndef HANDOFF_DIAG_H
#define HANDOFF_DIAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "handoff/drain.h"

enum { DIAG_ESTABLISHED = 1 << 1, DIAG_SYN_RECV = 1 << 3, DIAG_FIN_WAIT1 = 1 << 4,
	DIAG_FIN_WAIT2 = 1 << 5, DIAG_CLOSE_WAIT = 1 << 8 };

/* Which ones: only those are looked at closely, and told. */
struct diag_which {
	unsigned states;		/* of the above */
	const uint16_t *ports;		/* local, host order; NULL: on any ... */
	size_t port_count;		/* ... and perhaps on others as well */
	bool v4, v6;			/* sockets of this family; neither: both */
};

/* One socket: the connection less its owner; cookie is the kernel's name for it. */
typedef void diag_found(void *context, const struct connection *c, uint64_t cookie);

/* Every such TCP socket. 0, or -1 with errno. */
int diag_dump(int netlink, uint32_t sequence, const struct diag_which *which, diag_found *found,
    void *context);

/*
 * Just the one with the ends of `which`: local and remote address and port. 0 and *answer (inode 0: no
 * process has accepted it), or -1 with ENOENT or another errno.
 */
int diag_lookup(int netlink, uint32_t sequence, const struct connection *which,
    struct connection *answer);

#endif

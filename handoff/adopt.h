/*
 * adopt.h - answer a worker's bind(2) with the slot of its generation.
 *
 * The call waits (trap.h), the slot takes the place of the worker's own descriptor
 * (SECCOMP_IOCTL_NOTIF_ADDFD), and the call returns 0. A worker cannot tell.
 */
#ifndef HANDOFF_ADOPT_H
#define HANDOFF_ADOPT_H

#include <sys/types.h>

#include <stdint.h>

#include "base/trap.h"
#include "handoff/address.h"

/* One bind that waits for an answer. */
struct bind_call {
	uint64_t id;
	pid_t pid;			/* a thread's id, perhaps */
	int fd;				/* in that process */
	struct address address;
	int umask;			/* of the process, where the address is a path */
};

/*
 * A trapped bind(2). 1: it is a TCP address with a port, or the path of a UNIX stream socket (whole,
 * as unix_resolve() makes it), and waits for adopt_give() or trap_go_on(). 0: answered already
 * (another kind of socket, no port), or gone; errno is 0, or why its address could not be read or
 * taken (ENAMETOOLONG: a path without room for more, ENXIO: an abstract name), and then the call went on untouched.
 */
int adopt_consider(int notify, const struct trap_call *asked, struct bind_call *call);

/*
 * Put slot in the place of the worker's socket, non-blocking and close-on-exec as that one is, and
 * let the call succeed. 0; or -1 with ENOENT (the call was cancelled by a signal: it comes again) or
 * another errno, and then the call goes on untouched.
 */
int adopt_give(int notify, const struct bind_call *call, int slot);

/* A path as a process means it: from its root and its directory. 0, or -1 with errno. */
int adopt_resolve(pid_t pid, struct address *a);

#endif

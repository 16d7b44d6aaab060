/*
 * adopt.h - answer a worker's bind(2) with the slot of its generation.
 *
 * seccomp_unotify(2): the call waits until it is answered, the slot takes the place of the worker's
 * own descriptor (SECCOMP_IOCTL_NOTIF_ADDFD), and the call returns 0. A worker cannot tell.
 */
#ifndef HANDOFF_ADOPT_H
#define HANDOFF_ADOPT_H

#include <sys/types.h>

#include <stdint.h>

#include "handoff/address.h"

/* One bind that waits for an answer. */
struct bind_call {
	uint64_t id;
	pid_t pid;			/* a thread's id, perhaps */
	int fd;				/* in that process */
	struct address address;
};

/*
 * Take the next call from a notification descriptor that poll(2) found readable. 1: it is a TCP
 * address with a port, and waits for adopt_give() or adopt_leave(). 0: answered already (another
 * kind of socket, no port), or gone; errno is 0, or why its address could not be read, and then the
 * call went on untouched. -1: the descriptor is of no more use.
 */
int adopt_receive(int notify, struct bind_call *call);

/*
 * Put slot in the place of the worker's socket, non-blocking and close-on-exec as that one is, and
 * let the call succeed. 0; or -1 with ENOENT (the call was cancelled by a signal: it comes again) or
 * another errno, and then the call goes on untouched.
 */
int adopt_give(int notify, const struct bind_call *call, int slot);

/* Let the call go on untouched. */
void adopt_leave(int notify, const struct bind_call *call);

/*
 * Read a process's memory: /proc/PID/mem, which every default profile allows, or process_vm_readv(2)
 * where there is no /proc. How much, or -1.
 */
ssize_t adopt_read(pid_t pid, uint64_t at, void *to, size_t size);

#endif

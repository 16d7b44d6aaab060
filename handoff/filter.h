/*
 * filter.h - the seccomp program that stops a worker in calls that its keeper answers. PURE.
 *
 * A classic-BPF program over struct seccomp_data (seccomp(2)): the calls of the traps that are set
 * wait for an answer (SECCOMP_RET_USER_NOTIF, base/trap.h), all others go by. Calls of a foreign
 * architecture go by too: such a worker is not adopted, but neither is it killed. A trap costs its
 * call two switches of process, so rows say by arguments which of them are meant.
 *
 * One call is refused always: SO_DETACH_REUSEPORT_BPF takes the steering off the whole group, and
 * SO_LOCK_FILTER does not cover it (net/core/sock.c: sk_setsockopt).
 */
#ifndef HANDOFF_FILTER_H
#define HANDOFF_FILTER_H

#include <linux/filter.h>

/* A set of bits. */
enum trap {
	TRAP_BIND = 1,			/* bind(2): who binds is given a slot (adopt.h) */
	TRAP_SHUTDOWN = 2,		/* shutdown(2) of more than writing: a slot is not the worker's
					   to shut (shield.c) */
	TRAP_ACCEPT = 4,		/* accept(2), accept4(2): who accepts may be given one that was
					   carried (passage.c) */
	TRAP_UNLINK = 8,		/* unlink(2) by a path: that of a listener stays (paths.c) */
	TRAP_CONNECT = 16,		/* connect(2) to what may be a path: the length is none of IP's */
	TRAP_OPTIONS = 32,		/* setsockopt(2) of what is set before bind, and seldom later
					   (wishes.c) */
};

enum { FILTER_MOST = 128 };		/* instructions */

/* Write the program; returns the count of its instructions, at most FILTER_MOST. */
int filter_program(struct sock_filter *to, unsigned traps);

#endif

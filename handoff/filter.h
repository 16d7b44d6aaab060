/*
 * filter.h - the seccomp program that stops a worker in calls that its keeper answers. PURE.
 *
 * A classic-BPF program over struct seccomp_data (seccomp(2)): the calls of the traps that are set
 * wait for an answer (SECCOMP_RET_USER_NOTIF, trap.h), all others go by. Calls of a foreign
 * architecture go by too: such a worker is not adopted, but neither is it killed.
 */
#ifndef HANDOFF_FILTER_H
#define HANDOFF_FILTER_H

#include <linux/filter.h>

/* A set of bits. */
enum trap {
	TRAP_BIND = 1,			/* bind(2): who binds is given a slot (adopt.h) */
};

enum { FILTER_MOST = 64 };		/* instructions */

/* Write the program; returns the count of its instructions, at most FILTER_MOST. */
int filter_program(struct sock_filter *to, unsigned traps);

#endif

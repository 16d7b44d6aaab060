/*
 * injection.h - does this runtime let baton answer a worker's bind? Tried on a child of our own.
 */
#ifndef INIT_INJECTION_H
#define INIT_INJECTION_H

#include <stdbool.h>

/* Each is 0, or the errno it failed with; what comes after a failure was not tried: ECANCELED. */
struct injection {
	int filter;		/* seccomp(2) with a notification descriptor */
	int memory;		/* read the address from /proc/PID/mem */
	int descriptor;		/* SECCOMP_IOCTL_NOTIF_ADDFD puts our socket in its place */
	int carried;		/* ... and lets a call return it, which all works without */
};

/* Takes some milliseconds, two seconds at most. Returns whether all of it works. */
bool injection_try(struct injection *found);

#endif

/*
 * notify.h - the sockets on which workers say how they are, as sd_notify(3) does: one for datagrams
 * (NOTIFY_SOCKET), one that connections are made to (BATON_SOCKET; fetch.h).
 */
#ifndef HANDOFF_NOTIFY_H
#define HANDOFF_NOTIFY_H

#include <sys/types.h>

#include <stdbool.h>

#include "handoff/notice.h"

enum { NOTIFY_NAME = 110, NOTIFY_FDS = 253 /* SCM_MAX_FD, unix(7) */ };

/* Who said it, what came with it. */
struct notified {
	struct notice notice;
	pid_t sender;			/* 0 when it is not seen from here */
	bool cut;			/* too long: nothing of it counts */
	bool lost;			/* descriptors came for which there was no room */
	size_t length;			/* of the text */
	const char *text;		/* until the next one is received */
	int count;
	int fds[NOTIFY_FDS];		/* the caller's to close: notify_drop() */
};

/*
 * A socket of this kind (SOCK_DGRAM, SOCK_SEQPACKET) on an abstract address that the kernel chose
 * (unix(7): autobind), or, where a directory is given or no abstract one can be had, on a path below
 * it, or below /tmp/baton-UID, that is made of `path`. name gets it as NOTIFY_SOCKET writes it: "@..."
 * or "/...". -1 with errno.
 */
int notify_open(int kind, const char *directory, const char *path, char name[NOTIFY_NAME]);

/* /tmp/baton-UID. It has to be ours with mode 0700; if it is not there it is made. */
void notify_directory(char path[NOTIFY_NAME]);

/* The path of a socket, if it has one, goes with it. */
void notify_close(int *socket, const char *name);

/* Receive one. 1; or 0 when there is none; on a connection -1 when its other end is gone. */
int notify_receive(int socket, struct notified *n);

/* Close all that came with it. */
void notify_drop(struct notified *n);

#endif

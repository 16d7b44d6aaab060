/*
 * notify.h - what a worker says by sd_notify(3), and the socket it says it on.
 *
 * One datagram is lines of NAME=VALUE. Only READY and STATUS are acted on so far; the rest is heard
 * and left alone.
 */
#ifndef HANDOFF_NOTIFY_H
#define HANDOFF_NOTIFY_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

enum { NOTIFY_STATUS = 80, NOTIFY_NAME = 32 };

struct notice {
	bool ready;
	bool stopping;
	char status[NOTIFY_STATUS];
};

/* PURE: read one datagram. */
void notify_parse(struct notice *n, const char *text, size_t length);

/*
 * A datagram socket on an abstract address that the kernel chose (unix(7): autobind); name gets it as
 * NOTIFY_SOCKET writes it, "@...". -1 with errno.
 */
int notify_open(char name[NOTIFY_NAME]);

/* Receive one; sender is the process that sent it (SO_PASSCRED). 1, or 0 when there is none. */
int notify_receive(int socket, struct notice *n, pid_t *sender);

#endif

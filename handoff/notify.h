/*
 * notify.h - the socket on which workers say how they are, as sd_notify(3) does.
 */
#ifndef HANDOFF_NOTIFY_H
#define HANDOFF_NOTIFY_H

#include <sys/types.h>

#include "handoff/notice.h"

enum { NOTIFY_NAME = 32 };

/*
 * A datagram socket on an abstract address that the kernel chose (unix(7): autobind); name gets it as
 * NOTIFY_SOCKET writes it, "@...". -1 with errno.
 */
int notify_open(char name[NOTIFY_NAME]);

/* Receive one; sender is the process that sent it (SO_PASSCRED). 1, or 0 when there is none. */
int notify_receive(int socket, struct notice *n, pid_t *sender);

#endif

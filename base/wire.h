/*
 * wire.h - send and receive one message and at most one descriptor.
 *
 * A channel is one end of an AF_UNIX SOCK_SEQPACKET pair (unix(7)): the kernel keeps the borders
 * and is the bounded queue. Nothing here ever blocks.
 */
#ifndef BASE_WIRE_H
#define BASE_WIRE_H

#include "base/message.h"

/* Two ends, non-blocking and O_CLOEXEC. The caller owns both. */
int wire_pair(int ends[2]);

/* Send m, and fd unless it is -1; the caller still owns fd. 0, or -1 (EAGAIN: peer too slow). */
int wire_send(int channel, const struct message *m, int fd);

/*
 * Receive one message. Returns 1, or 0 when the peer is gone, or -1 with EAGAIN (nothing there) or
 * EPROTO (a wrong size, more than one descriptor). *fd is the caller's to close, -1 for none; on
 * anything but 1 nothing is left open.
 */
int wire_receive(int channel, struct message *m, int *fd);

#endif

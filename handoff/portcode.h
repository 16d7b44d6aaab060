/*
 * portcode.h - "the local port is one of these", as a program that the kernel runs on each socket
 * (linux/inet_diag.h, INET_DIAG_REQ_BYTECODE). PURE.
 *
 * Without it a dump asks each connection of the network namespace for its state, the clients' ends and
 * other services' too, and sends all of it here.
 */
#ifndef HANDOFF_PORTCODE_H
#define HANDOFF_PORTCODE_H

#include <linux/inet_diag.h>
#include <stddef.h>
#include <stdint.h>

enum { PORTCODE_PORTS = 64, PORTCODE_OPS = 5 * PORTCODE_PORTS };

/* How many operations it has; 0 for no ports, and for too many: then everything is to be asked for. */
size_t portcode_write(struct inet_diag_bc_op to[static PORTCODE_OPS], const uint16_t *ports,
    size_t count);

#endif

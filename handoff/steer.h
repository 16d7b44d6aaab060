/*
 * steer.h - the classic-BPF program that says which slot of a listener gets a new connection. PURE.
 *
 * It runs on the SYN when a SO_REUSEPORT group of more than one socket is looked up
 * (net/core/sock_reuseport.c: run_bpf_filter); its answer is the index of a socket in the group, in
 * the order in which they began to listen. The packet starts behind the TCP header there; the IP
 * header is reached by SKF_NET_OFF.
 */
#ifndef HANDOFF_STEER_H
#define HANDOFF_STEER_H

#include <linux/filter.h>

#include "handoff/address.h"

enum { STEER_MOST = 32 };	/* instructions */

struct steer {
	int slot;		/* who gets everybody */
	int probe_slot;		/* who gets the private connection; -1 for none is made */
	struct address probe;	/* the source address of that connection */
};

/* Write the program; returns the count of its instructions, at most STEER_MOST. */
int steer_program(struct sock_filter *to, const struct steer *s);

#endif

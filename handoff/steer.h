/*
 * steer.h - the classic-BPF program that says which slot of a listener gets a new connection. PURE.
 *
 * It runs on the SYN when a SO_REUSEPORT group of more than one socket is looked up
 * (net/core/sock_reuseport.c: run_bpf_filter); its answer is the index of a socket in the group, in
 * the order in which they began to listen. The packet starts behind the TCP header there; the IP
 * header is reached by SKF_NET_OFF.
 *
 * Socket w of slot s stands at s * width + w. A slot of several sockets is steered at random among
 * those whose worker is there (SKF_AD_RANDOM: a draw for each connection).
 */
#ifndef HANDOFF_STEER_H
#define HANDOFF_STEER_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stdint.h>

#include "handoff/address.h"

enum {
	STEER_WIDTH = 64,		/* sockets a slot, at most */
	STEER_MOST = 4 * STEER_WIDTH + 64	/* instructions */
};

struct steer {
	int slot;		/* who gets everybody ... */
	int width;		/* so many sockets has a slot, and chance says which gets whom; 0 as 1 */
	uint64_t down;		/* by bit: those of them that get nobody, as their worker is gone */
	int share;		/* ... but so many thousandths, ... */
	int share_slot;		/* ... who get this one instead */
	uint64_t share_down;	/* those of its sockets */
	bool by_source;		/* by their source (IPv6: its /64 network) instead of by lot */
	uint32_t salt;		/* of by_source: with another one it is other clients' turn */
	int moved, moved_slot;	/* of the first `moved` sockets, those of this slot instead */
	int probe_slot;		/* who gets the private connection; -1 for none is made */
	int probe_worker;	/* and which of its sockets */
	struct address probe;	/* the source address of that connection */
};

/* Write the program; returns the count of its instructions, at most STEER_MOST. */
int steer_program(struct sock_filter *to, const struct steer *s);

#endif

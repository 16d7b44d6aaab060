/*
 * traits.h - what a listening socket has that is set before bind(2): buffers, DEFER_ACCEPT, FASTOPEN,
 * keepalive and so on. Most of it is handed down to the connections that are accepted from it.
 */
#ifndef HANDOFF_TRAITS_H
#define HANDOFF_TRAITS_H

#include <stdint.h>

enum trait {
	TRAIT_RCVBUF, TRAIT_SNDBUF, TRAIT_DEFER_ACCEPT, TRAIT_FASTOPEN, TRAIT_KEEPALIVE,
	TRAIT_KEEPIDLE, TRAIT_KEEPINTVL, TRAIT_KEEPCNT, TRAIT_NODELAY, TRAIT_MAXSEG,
	TRAIT_USER_TIMEOUT, TRAIT_PRIORITY, TRAIT_MARK, TRAIT_TOS, TRAIT_TCLASS, TRAIT_LINGER2,
	TRAITS
};

/* Zero: nothing is said. */
struct traits {
	uint32_t given;			/* by bit of enum trait */
	int32_t value[TRAITS];		/* as setsockopt(2) takes it */
};

void traits_add(struct traits *t, enum trait which, int value);

/* Which one setsockopt(2) is about, or -1. */
int traits_find(int level, int option);

/* Its name as one writes it in C: "SO_RCVBUF". */
const char *traits_name(enum trait which);

/*
 * Set what is given and not so already. Returns by bit what could not be set, with errno of the last;
 * what this family of sockets does not know is not counted.
 */
uint32_t traits_apply(int fd, const struct traits *t);

/* What a socket has that differs from one on which nothing was set. */
void traits_read(int fd, struct traits *t);

#endif

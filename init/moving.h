/*
 * moving.h - which release the live path is to be moved to. PURE.
 *
 * One store at a time moves it, and takes a while: what is wished meanwhile is compared with where it
 * goes, not with where it is.
 */
#ifndef INIT_MOVING_H
#define INIT_MOVING_H

#include <stdbool.h>
#include <stdint.h>

struct moving {
	int32_t next;		/* to be moved to when the store is free, 0: nothing is wished */
	int32_t busy;		/* where a store that runs moves it, 0: none runs */
	int32_t published;	/* where it is, as far as is known */
};

/* The newest wish counts. */
void moving_wish(struct moving *m, int32_t release);

/* What a store is to be started with now, 0 for none; moving_started() or nothing follows. */
int32_t moving_due(const struct moving *m);
void moving_started(struct moving *m);

/* It has ended; killed: it did not come to say whether it can be moved at all, and is tried again. */
void moving_ended(struct moving *m, bool well, bool killed);

#endif

/*
 * account.h - the loss account: one record for each handoff, and what they add up to.
 *
 * A record begins when a candidate is launched while another generation serves, or when one that was
 * kept warm takes over, and is complete when the old generation's keeper is gone; a handoff that
 * comes to nothing has one too. The core is silent: its state before and after a step is compared
 * here.
 *
 * What is counted how: the keepers count the connections they see while they drain; who comes and
 * goes between two looks (5 to 100 ms) is not seen. The kernel counts accepted connections, overflows
 * and drops for a network namespace, not for an address. `dropped` is of our own slots alone.
 */
#ifndef INIT_ACCOUNT_H
#define INIT_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/message.h"
#include "handoff/service.h"

enum { HANDOFFS = 8, ACCOUNT_TEXT = 256 };

enum handoff_state { HANDOFF_NONE, HANDOFF_RUNS, HANDOFF_DRAINS, HANDOFF_DONE, HANDOFF_FAILED };

/* What is not known is -1. */
struct handoff {
	uint32_t number;		/* 0: the record is free */
	enum handoff_state state;
	bool warm;			/* the new one had been kept warm: nothing was started */
	bool told;
	uint32_t old, new;		/* generations */
	int32_t old_release, new_release;
	int old_slot;
	int64_t at;			/* when it began, ms since the epoch */
	msec began, announced, passed, rolled, switched;	/* moments; 0: not yet */
	msec start_ms;			/* launch to announced */
	msec ready_ms;			/* announced to passed */
	msec canary_ms;			/* passed to its first place, or switched */
	msec rolling_ms;		/* from its first place to the last, where workers are replaced
					   one at a time */
	msec total_ms;			/* launch to switched */
	int64_t switch_us;		/* the steering of all listeners */
	int64_t figures[FIGURES];	/* of the old keeper, but for the new one's first counters */
	int64_t accepted_old, accepted_new;	/* before and after the switch: of the namespace */
	int64_t left_behind;		/* in queues that nobody will accept from */
	int64_t dropped;		/* by our slots meanwhile: SYNs that found no room, and the like */
	char why[MESSAGE_TEXT];		/* it failed */
};

struct account {
	uint32_t numbers;		/* how many were begun */
	struct handoff ring[HANDOFFS];
	int64_t steer_us;		/* the last steering took so long */
	int64_t accepted_old, accepted_new, drained, quiet, carried, cut, left_behind, dropped;	/* sums */
	int64_t overflows, drops;
};

struct served;
struct keeper_record;

/* After a step. wall is the time of day. */
void account_step(struct served *sv, const struct service *before, msec now, int64_t wall);

/* A generation's workers may be connected to. */
void account_announced(struct served *sv, uint32_t serial, msec now);

/* The candidate came to nothing. */
void account_failed(struct served *sv, uint32_t serial, const char *why, msec now);

/* So many were left behind in the slot of who is gone. */
void account_left(struct served *sv, int slot, int lost);

/*
 * A keeper is gone. True when a record takes what it counted: it will be told when it is complete,
 * after the next step.
 */
bool account_gone(struct served *sv, const struct keeper_record *k);

/* One that is complete and was not told yet, marked as told; NULL. */
const struct handoff *account_next(struct served *sv);

/* The newest record below this number, UINT32_MAX for the newest of all; NULL. */
const struct handoff *account_below(const struct account *a, uint32_t number);

/* Two halves of one line: how it came about, and what it cost. */
void account_print(const struct handoff *h, char first[static ACCOUNT_TEXT],
    char second[static ACCOUNT_TEXT]);

/* Was anything lost in it? */
bool account_lossy(const struct handoff *h);

/* last - first, -1 when one of them is not known. */
int64_t account_since(int64_t first, int64_t last);

#endif

/*
 * checkup.h - BATON_READY=exec:COMMAND: a command of the user's says whether the candidate is ready.
 *
 * It is run by the probe, as the workers' user, again and again until it exits with 0. It reaches the
 * candidate, and only the candidate, at BATON_ADDRESS (relay.h). What it leaves behind in its process
 * group is killed, and all of it when nobody wants to know any more.
 */
#ifndef HANDOFF_CHECKUP_H
#define HANDOFF_CHECKUP_H

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "handoff/address.h"

struct checkup {
	const char *command;		/* for sh -c */
	const char *directory;		/* the workers', or NULL */
	uint32_t generation;
	int32_t release;
	msec most;			/* one run may take so long */
	const struct address *targets;	/* none: the candidate has no address */
	int count;
	int first, end;			/* of its workers, first .. end - 1 are to be reached */
	bool relayed;			/* private; else the targets are everybody's */
};

/* Until it passes; what it says when it does not is told to PID 1. Returns the exit status. */
int checkup_run(const struct checkup *c);

/* The last line of what a command wrote that is not empty, without controls; cut to size. PURE. */
void checkup_last_line(char *to, size_t size, const char *output, size_t length);

#endif

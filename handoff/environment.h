/*
 * environment.h - what a worker sees: baton's environment less every BATON_ variable, and the few
 * that tell it who it is; and its arguments, pinned to its release.
 */
#ifndef HANDOFF_ENVIRONMENT_H
#define HANDOFF_ENVIRONMENT_H

#include <sys/types.h>

#include <stdint.h>

#include "handoff/keeper.h"

struct given_slot;

struct identity {
	uint32_t generation;
	int32_t release;		/* 0: none */
	int worker;			/* 0 ... */
	const char *notify_socket;	/* as NOTIFY_SOCKET says it, or NULL */
	int slots;			/* for LISTEN_FDS, 0 for none */
	const char *slot_names;		/* "a:b" for LISTEN_FDNAMES */
	const char *socket;		/* as BATON_SOCKET says it, or NULL */
	int64_t watchdog_us;		/* 0 for none */
	enum adopt style;		/* whose variables there are besides: einhorn's, ... */
	const struct given_slot *addresses;	/* of the first of those descriptors */
	int address_count;
	pid_t keeper;
};

/* With slots the environment has this variable, and blanks for the child's pid. */
#define ENVIRONMENT_LISTEN_PID "LISTEN_PID="
#define ENVIRONMENT_WATCHDOG_PID "WATCHDOG_PID="

/* Allocated, ends with NULL; environment_free() it. */
char **environment_of_worker(char *const inherited[], const struct identity *who);

/*
 * The same for a command that finds out whether a generation is ready: no worker's number and no
 * sockets, but addresses, "" for none, as BATON_ADDRESS and BATON_ADDRESSES.
 */
char **environment_of_check(char *const inherited[], uint32_t generation, int32_t release,
    const char *address, const char *addresses);
void environment_free(char **environment);

/*
 * The argument, or, when it lies under `live`, the same in the directory `release` instead:
 * "dist", "./dist/x", "/app/dist/x". The argument is seen from `directory`, where the worker runs,
 * `live` from `here`, where baton was started; NULL where that is not known. Allocated.
 */
char *environment_pin(const char *argument, const char *directory, const char *live,
    const char *here, const char *release);

#endif

/*
 * helpers.h - the roles of which there is at most one at a time: watch, store, probe.
 *
 * Each has a room of its own in PID 1: building.c, publishing.c, probing.c. Here is what they share,
 * and the table that leads from a descriptor or a pid to the room.
 */
#ifndef INIT_HELPERS_H
#define INIT_HELPERS_H

#include <sys/types.h>

#include <stdbool.h>

#include "init/state.h"

struct init;

enum { HELPER_WATCH, HELPER_STORE, HELPER_PROBE, HELPERS };

/* Start a role as this helper; it must not run. 0, or -1 after saying so. */
int helpers_start(struct served *sv, int which, char *const argv[]);

struct helper *helpers_record(struct served *sv, int which);
int helpers_channel(const struct served *sv, int which);

/* One message from this helper. */
void helpers_message(struct init *init, struct served *sv, int which);

/* Was this child a helper? Then what it still had to say is heard, and it is buried. */
bool helpers_ended(struct init *init, struct served *sv, pid_t pid, int status);

/* After each event: the next right thing for each of them. */
void helpers_settle(struct init *init, struct served *sv);

msec helpers_deadline(const struct served *sv);

/* End them all: their channels close, which is how they know. */
void helpers_close(struct served *sv);

#endif

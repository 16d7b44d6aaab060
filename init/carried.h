/*
 * carried.h - what of PID 1 goes on in a new binary: the tables for carryover.h.
 *
 * Whoever adds a field to the state adds a row: tests/carried finds each field that has none.
 */
#ifndef INIT_CARRIED_H
#define INIT_CARRIED_H

#include "init/carryover.h"

/* Of struct init. */
extern const struct carried_struct carried_init;

/* Every struct that has a table, for the tests; ends with NULL. */
extern const struct carried_struct *const carried_all[];

#endif

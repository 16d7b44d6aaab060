/*
 * outcome.h - how a process ended, as one number, and whether that is a success. PURE.
 */
#ifndef HANDOFF_OUTCOME_H
#define HANDOFF_OUTCOME_H

#include <stdbool.h>
#include <stdint.h>

/* Of a wait status (waitpid(2)): the exit code, or 128 and the signal's number, as a shell has it. */
int outcome_code(int wait_status);

/* Is it 0, or one of the codes whose bits are set (BATON_EXIT_OK)? */
bool outcome_succeeded(const uint64_t exit_ok[static 4], int code);

#endif

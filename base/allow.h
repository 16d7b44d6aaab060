/*
 * allow.h - the system calls that a build may use with BATON_SANDBOX=strict, and those that the
 * watcher and the store may use. What is in no list does not exist for them (ENOSYS).
 */
#ifndef BASE_ALLOW_H
#define BASE_ALLOW_H

#include <stdbool.h>
#include <stddef.h>

/* The list of a build; *count is set. Numbers below 0 are calls that this machine has not. */
const int *allow_list(size_t *count);

/* Is this call in it? */
bool allow_has(int call);

#endif

/*
 * identity.h - who workers are, and what they may do: BATON_USER, BATON_CAPABILITIES.
 */
#ifndef INIT_IDENTITY_H
#define INIT_IDENTITY_H

#include <stddef.h>

#include "init/options.h"

/* Can it be had? 0, or -1 with one sentence in why. */
int identity_check(const struct options *o, char *why, size_t size);

/*
 * In the keeper, before it does anything else: be that user, with those capabilities, and sooner
 * killed for its memory than PID 1. 0, or -1 with one sentence in why.
 */
int identity_assume(const struct options *o, char *why, size_t size);

#endif

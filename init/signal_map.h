/*
 * signal_map.h - which signal is sent for the one that came: BATON_SIGNALS.
 */
#ifndef INIT_SIGNAL_MAP_H
#define INIT_SIGNAL_MAP_H

#include <stdint.h>

enum { SIGNAL_MAP = 65 };		/* by number, 1 to 64 */

/* Each is sent as it came. */
void signal_map_clear(unsigned char map[static SIGNAL_MAP]);

/*
 * Add a rule, "INT:QUIT" or "HUP:off", and set the bit of what it is about (signal n is bit n - 1).
 * -1 when it is none: KILL and STOP cannot be caught, CHLD is baton's own, and there is one rule
 * for a signal at most.
 */
int signal_map_add(unsigned char map[static SIGNAL_MAP], uint64_t *given, const char *rule);

#endif

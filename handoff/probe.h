/*
 * probe.h - the role that finds out whether a candidate is ready, by connecting to it.
 *
 * The connection is private: before each one the probe tells PID 1 the address it comes from, which
 * steers just that one to the candidate's slot. So the candidate is asked on its real listening
 * socket, and nobody else reaches it.
 */
#ifndef HANDOFF_PROBE_H
#define HANDOFF_PROBE_H

#include "handoff/address.h"

/*
 * `how` is "accept" (the connection was accepted) or a path that is asked for by HTTP (2xx or 3xx).
 * Each of `workers` is asked in turn, 1 where they share a
 * socket. Tries until all passed or PID 1 closes the channel. Returns the exit status.
 */
int probe_run(const struct address *listener, const char *how, int workers);

/*
 * What an answer begins with: 1 when it is "HTTP/1.x 2yy" or 3yy, 0 while more is needed, -1 for
 * anything else, with a sentence in why.
 */
int probe_judge(const char *answer, size_t length, char *why, size_t size);

#endif

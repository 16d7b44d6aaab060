/*
 * probe.h - the role that finds out whether a candidate is ready, by connecting to it.
 *
 * The connection is private: before each one the probe tells PID 1 the address it comes from, which
 * steers just that one to the candidate's slot. So the candidate is asked on its real listening
 * socket, and nobody else reaches it. Of a UNIX listener each slot has a name of its own: that is
 * connected to.
 */
#ifndef HANDOFF_PROBE_H
#define HANDOFF_PROBE_H

#include <stddef.h>

#include "base/clock.h"
#include "base/message.h"
#include "handoff/address.h"

/*
 * Each target is to accept a connection; the first one, when `how` is a path, to answer GET with 2xx
 * or 3xx. The workers first .. end - 1 are asked one after the other, 0 and 1 where they share
 * a socket. Tries until all passed or PID 1 closes the channel. Returns the exit status.
 */
int probe_run(const struct address *targets, int count, const char *how, int first,
    int end);

/* It is ready when it has run for so long: who ends before has failed anyway. */
int probe_delay(msec delay);

/* A private connection to this worker's socket, non-blocking; or -1 and the reason. */
int probe_connect(const struct address *to, int worker, char *why, size_t size);

/* To PID 1, which may be gone: then nobody wants to know any more, and the process ends. */
void probe_tell(enum message_type type, const char *text);
void probe_wait(msec most);

/*
 * As probe_run(), again and again, for a candidate in its canary: says PROBE_FAILED when it failed
 * twice in a row, each within its time. Ends when PID 1 closes the channel.
 */
int probe_watch(const struct address *targets, int count, const char *how, int workers);

/*
 * What an answer begins with: 1 when it is "HTTP/1.x 2yy" or 3yy, 0 while more is needed, -1 for
 * anything else, with a sentence in why.
 */
int probe_judge(const char *answer, size_t length, char *why, size_t size);

#endif

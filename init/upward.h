/*
 * upward.h - what baton says to whoever is above it and has given it a NOTIFY_SOCKET.
 *
 * The protocol of sd_notify(3): READY=1 when every critical service serves, RELOADING=1 with
 * MONOTONIC_USEC around a handoff, STOPPING=1 at the end, STATUS= for people. Nobody there, or a
 * queue that is full, is no reason to wait: what is said then is lost.
 */
#ifndef INIT_UPWARD_H
#define INIT_UPWARD_H

struct init;

/* Once, before the directory is left: a socket to talk with, if NOTIFY_SOCKET asks for it. */
void upward_open(struct init *init);

/* After each event: say what has changed. */
void upward_settle(struct init *init);

#endif

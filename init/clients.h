/*
 * clients.h - who is connected to the control socket.
 *
 * The peer's uid (SO_PEERCRED, unix(7)) is root's or PID 1's own, and no builder has a socket to
 * connect with. Nobody keeps others out: who waits for nothing makes room.
 */
#ifndef INIT_CLIENTS_H
#define INIT_CLIENTS_H

struct init;
struct client;

/* Somebody connects. */
void clients_accept(struct init *init);

/* The answer, an exit code and why; then the connection is closed. */
void clients_finish(struct client *c, int code, const char *why);

#endif

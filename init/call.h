/*
 * call.h - one connection from a client to the running baton.
 */
#ifndef INIT_CALL_H
#define INIT_CALL_H

#include <stdint.h>

#include "base/message.h"
#include "init/options.h"
#include "init/state.h"

struct rolls;

enum { CALL_PATIENCE_MS = 5000 };

/*
 * Connect to the first control socket that somebody of ours answers on. The caller owns the
 * descriptor; -1 after saying that there is none.
 */
int call_open(const struct options *o);

/* The same, but it says nothing. */
int call_try(const struct options *o);

/* Ask; of a service by its name, or "" for the only one. 0, or EXIT_NO_INIT after saying why. */
int call_ask(int socket, enum message_type type, const char *service, int32_t flags,
    int32_t release);

/*
 * Wait for the next message, at most `patience` ms (-1: as long as it takes). 1; 0 when the time is
 * over; -1 when baton is gone, after saying so. *fd is the caller's to close.
 */
int call_hear(int socket, struct message *m, int *fd, int patience);

/*
 * Ask for the state and the connections of who drains, which the caller frees. EXIT_DONE, or another
 * after saying why.
 */
int call_state(int socket, struct state *to, struct rolls *rolls);

/* The pid of the process that answers, as it is seen from here; 0 when it cannot be seen. */
pid_t call_peer(int socket);

#endif

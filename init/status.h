/*
 * status.h - baton status: the state of the running baton, for people and for programs.
 */
#ifndef INIT_STATUS_H
#define INIT_STATUS_H

#include <sys/types.h>

struct state;

/* pid: baton's, as observe_begin() takes it. */
void status_print(const struct state *st, pid_t pid);

/* The form that docs/manual.md describes; one line. */
void status_print_json(const struct state *st, pid_t pid);

#endif

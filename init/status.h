/*
 * status.h - baton status: the state of the running baton, for people and for programs.
 */
#ifndef INIT_STATUS_H
#define INIT_STATUS_H

#include <sys/types.h>

#include <stdbool.h>

struct rolls;
struct state;

/* pid: baton's, as observe_begin() takes it; all: every connection of who drains. */
void status_print(const struct state *st, const struct rolls *rolls, pid_t pid, bool all);

/* The form that docs/manual.md describes; one line. */
void status_print_json(const struct state *st, const struct rolls *rolls, pid_t pid);

#endif

/*
 * attack.h - what a hostile build would try, one attack a name.
 *
 * An attack returns 0 when it did what it says, seen by its effect and not by the call's answer (a
 * filter may pretend), or -1 with errno. It is given one argument, "" for none: a path, a port or a
 * process, as a number or as "init", "keeper", "watcher", "builder", "worker".
 */
#ifndef TESTS_ATTACK_H
#define TESTS_ATTACK_H

#include <sys/types.h>

struct attack {
	const char *name;
	int (*run)(const char *argument);
};

/* Each ends with a name of NULL. */
extern const struct attack attacks_on_files[], attacks_on_processes[], attacks_by_sockets[],
    attacks_on_kernel[];

/* Errno of an attack that could not be made at all: there is no such victim here. */
enum { NO_VICTIM = 10000 };

/* The process that an argument names. 0 when there is none. */
pid_t attack_victim(const char *argument);

/* A path below $BATON_OUT; good until the next call but one. */
const char *attack_out(const char *name);

/* Set errno and return -1. */
int attack_refused(int error);

#endif

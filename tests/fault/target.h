/*
 * target.h - the process whose system calls fail: started in a PID namespace of its own, as PID 1
 * or below one that sees what it leaves behind.
 */
#ifndef FAULT_TARGET_H
#define FAULT_TARGET_H

#include <sys/types.h>

#include <stdio.h>

/*
 * Start the command. It waits before its exec until target_go. With `first` it is PID 1 of a new
 * namespace. Without, this very process becomes PID 1 of one (its parent passes on signals and the
 * exit status, and does not return). Returns the pid, or -1 with one sentence printed.
 */
pid_t target_start(char *const command[], int first);

/* Let it run. From here on TERM, INT, HUP, USR1 and USR2 to us go to it. */
void target_go(pid_t pid);

/* What still runs in our namespace, one line `left PID NAME` each, after a moment of patience. */
void target_survivors(FILE *report);

#endif

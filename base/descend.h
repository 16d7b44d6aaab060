/*
 * descend.h - a process and all below it, as /proc tells (proc(5), /proc/PID/task/TID/children).
 *
 * The list is of a moment: who is forked or loses its parent meanwhile may be missed. Without /proc,
 * or a kernel that does not list children, there is nobody.
 */
#ifndef BASE_DESCEND_H
#define BASE_DESCEND_H

#include <sys/types.h>

/* Called for each; `depth` is 0 for the first process. */
typedef void descend_call(pid_t pid, int depth, void *with);

/* proc is where /proc is seen from here. Parents come before their children. */
void descend(const char *proc, pid_t pid, descend_call *call, void *with);

#endif

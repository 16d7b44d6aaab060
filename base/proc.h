/*
 * proc.h - is /proc to be believed?
 *
 * A process namespace of its own (unshare -p, a sandbox) comes without a mount: then /proc is that of
 * those outside, or there is none, and a pid is somebody else's there (pid_namespaces(7)).
 */
#ifndef BASE_PROC_H
#define BASE_PROC_H

#include <stdbool.h>

/* Is there a /proc, and is it that of our own processes? */
bool proc_is_ours(void);

#endif

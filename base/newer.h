/*
 * newer.h - system calls that are newer than the list of those a build is refused.
 */
#ifndef BASE_NEWER_H
#define BASE_NEWER_H

/*
 * From now on they do not exist (ENOSYS) for this process and its children, and neither do those of
 * another numbering (x32). A call that nobody has looked at yet may do what an older one was refused
 * for, as setxattrat(2) of Linux 6.13 did; programs know a way without. Needs no_new_privs. 0 or -1.
 */
int newer_refuse(void);

#endif

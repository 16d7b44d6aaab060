/*
 * owners.h - whose sockets: the links in /proc/PID/fd of a tree of processes (proc(5)).
 */
#ifndef HANDOFF_OWNERS_H
#define HANDOFF_OWNERS_H

#include <sys/types.h>

#include <stddef.h>
#include <stdint.h>

/* A socket that a process holds. */
typedef void owners_found(void *context, uint64_t inode, pid_t pid, int fd);

/* Every socket of this process and of all below it. Processes that end meanwhile are passed over. */
void owners_walk(pid_t root, owners_found *found, void *context);

#endif

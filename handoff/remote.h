/*
 * remote.h - shut a worker's connection down from outside where its descriptor may not be had.
 *
 * Docker's and containerd's profiles refuse pidfd_getfd(2) and allow ptrace(2) of one's own child. So
 * all threads of the process are stopped (PTRACE_SEIZE, PTRACE_INTERRUPT), one that waits in a system
 * call makes another one, shutdown(2), and all go on as if nothing had been: the call that was
 * interrupted is restarted by the kernel, as its registers say (arch/x86/kernel/signal.c,
 * arch_do_signal_or_restart), or by us. No signal is sent, nothing is written into its memory.
 */
#ifndef HANDOFF_REMOTE_H
#define HANDOFF_REMOTE_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

/* Is it known here how to do that? */
bool remote_is_known(void);

/*
 * shutdown(fd, SHUT_RD) in the process pid, which must be below us, if fd is the socket with this
 * inode and `still` says, with all of its threads stopped, that it is to be. 0; or -1 with EPERM
 * where it is refused, or EAGAIN where just now it could not be done.
 */
int remote_shut(pid_t pid, int fd, uint64_t inode, bool (*still)(void *), void *with);

/*
 * Stop all threads of a process below us and let them go on: those that wait in a system call make it
 * again, and find what their descriptor is by now. Harmless where it is refused.
 */
void remote_nudge(pid_t pid);

#endif

/*
 * remote.h - system calls that a worker is made to make.
 *
 * Docker's and containerd's profiles refuse pidfd_getfd(2) and allow ptrace(2) of one's own child; and
 * some things only the process itself can do. So all threads of it are stopped (PTRACE_SEIZE,
 * PTRACE_INTERRUPT), one of them makes other calls, and all go on as if nothing had been: a call that
 * was interrupted is restarted by the kernel, as its registers say (arch/x86/kernel/signal.c,
 * arch_do_signal_or_restart), or by us. No signal is sent; one that comes meanwhile is passed on.
 * Memory that a call needs is borrowed from the stack, and given back before they go on.
 */
#ifndef HANDOFF_REMOTE_H
#define HANDOFF_REMOTE_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

enum { REMOTE_THREADS = 128, REMOTE_ROOM = 512 };

/* A process whose threads are stopped. */
struct remote {
	pid_t pid;
	int count;
	struct remote_thread {
		pid_t tid;
		bool stopped;
		int signal;		/* came meanwhile: passed on when it goes on, 0 for none */
	} threads[REMOTE_THREADS];
	int caller;			/* index of who makes the calls, -1 before the first ... */
	uint64_t at;			/* ... and where it finds the instruction for it */
	bool borrowed;
	uint64_t room;			/* where there are REMOTE_ROOM bytes for us, once borrowed */
	uint64_t kept[REMOTE_ROOM / 8];
};

/* Is it known here how to do that? */
bool remote_is_known(void);

/*
 * Stop all threads of the process, which must be below us, for remote_call() until remote_go(). 0; or
 * -1 with EPERM where it is refused, or EAGAIN where just now it could not be done; then all go on.
 */
int remote_stop(struct remote *r, pid_t pid);
void remote_go(struct remote *r);

/* Let those go that did not stop in time, and have by now. */
void remote_settle(void);

/* Somebody's waitpid(2) has seen a thread stop: was it one of those? Then it was let go. */
bool remote_caught(pid_t tid, int status);

/*
 * A system call that neither waits nor is trapped (filter.h), in that process: what it returned, or -1
 * with its errno; with EAGAIN also where no thread could be made to.
 */
long remote_call(struct remote *r, long number, const uint64_t args[6]);

/* Memory in the process, of REMOTE_ROOM bytes; its address, or 0. Write and read it: 0 or -1. */
uint64_t remote_borrow(struct remote *r);
int remote_write(struct remote *r, uint64_t at, const void *bytes, size_t size);
int remote_read(struct remote *r, uint64_t at, void *to, size_t size);

/* Is fd, in the process pid, the socket with this inode? */
bool remote_holds(pid_t pid, int fd, uint64_t inode);

/*
 * Stop all threads of a process below us and let them go on: those that wait in a system call make it
 * again, and find what their descriptor is by now. Harmless where it is refused.
 */
void remote_nudge(pid_t pid);

/* --- between stopping (remote_stop.c) and calling (remote.c) ------------------------------------ */

/*
 * Until it has stopped again, and why (ptrace(2): the signal, with the event above it). 0, or -1; its end
 * is not waited for here, that is the business of who reaps.
 */
int remote_await(pid_t tid, msec most, int *why);

/* Stopped because a signal is to be delivered to it, and not because we asked it to: which. */
int remote_signal(int why);

/* A call that ended with EINTR because we stopped it is made once more. */
void remote_again(pid_t tid);

#endif

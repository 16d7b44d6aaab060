/*
 * trap.h - a call in which a process below waits for us (seccomp_unotify(2)).
 *
 * It waits until it is answered here, or is cancelled by a signal and made again. What its arguments
 * point to is read from its memory, and is of this call only as long as the call waits.
 */
#ifndef BASE_TRAP_H
#define BASE_TRAP_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

struct trap_call {
	uint64_t id;
	pid_t pid;			/* a thread's id, perhaps */
	int call;			/* SYS_bind ... */
	uint64_t args[6];
};

/* Whoever calls and whoever answers take turns on one processor (Linux 6.6): sooner there and back. */
void trap_take_turns(int notify);

/*
 * Take the next call from a notification descriptor that poll(2) found readable. 1: it waits for
 * trap_answer(), trap_go_on() or a descriptor; 0: it is gone; -1: the descriptor is of no more use.
 */
int trap_receive(int notify, struct trap_call *call);

/* Does it still wait? If not, what was read of its process may be another's. */
bool trap_waits(int notify, uint64_t id);

/* Let it go on, untouched. */
void trap_go_on(int notify, uint64_t id);

/* It returns `value`, or fails with `code` (an errno) if that is not 0. -1 with errno: it is gone. */
int trap_answer(int notify, uint64_t id, int64_t value, int code);

/*
 * Read a process's memory: /proc/PID/mem, which every default profile allows, or process_vm_readv(2)
 * where there is no /proc. How much, or -1.
 */
ssize_t trap_read(pid_t pid, uint64_t at, void *to, size_t size);

/* Write it, in the same ways. */
ssize_t trap_write(pid_t pid, uint64_t at, const void *bytes, size_t size);

#endif

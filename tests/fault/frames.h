/*
 * frames.h - who called: the return addresses on a stopped process's stack, found with the call
 * frame table that every binary carries (.eh_frame), so that no stale word is taken for a caller.
 */
#ifndef FAULT_FRAMES_H
#define FAULT_FRAMES_H

#include <sys/types.h>

#include <stdint.h>

enum { CHAIN_MOST = 24 };

struct frames;

/* Where a process stands. */
struct stand {
	uint64_t pc, sp, bp;
};

/* The table of a static x86-64 binary, as readelf prints it. NULL if it has none or there is no readelf. */
struct frames *frames_read(const char *binary);

/*
 * The callers of a process that ptrace has stopped, innermost first, as addresses in the file;
 * base is where the file lies in its memory. Returns how many, at most CHAIN_MOST.
 */
int frames_chain(const struct frames *f, pid_t pid, uint64_t base, struct stand at,
    uint64_t chain[CHAIN_MOST]);

#endif

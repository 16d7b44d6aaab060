/*
 * screen.h - a seccomp filter that goes by the number of a system call alone.
 *
 * It is written before it is needed, so that nothing but seccomp(2) lies between the last call that
 * is free and the first that is not. Filters add up, and the strictest answer counts (seccomp(2)):
 * what another one refuses is not heard of here.
 */
#ifndef BASE_SCREEN_H
#define BASE_SCREEN_H

#include <linux/filter.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room for every call that there is. */
enum { SCREEN_MOST = 1400 };

struct screen {
	struct sock_filter program[SCREEN_MOST];
	unsigned short count;
	bool hears;		/* an answer is SECCOMP_RET_USER_NOTIF */
};

/* Begin one. A call of another architecture (its numbers are others) is ENOSYS. */
void screen_begin(struct screen *s);

/* SECCOMP_RET_... for a call; the first row of a call counts, one below 0 is passed over. */
void screen_add(struct screen *s, int call, uint32_t answer);

/* ... and for all others. The program is complete then. */
void screen_end(struct screen *s, uint32_t answer);

/*
 * Load it for this process and its children. *notify is where calls are answered (base/trap.h), or
 * -1 if it hears none. Returns 0, or -1 with errno: EBUSY where somebody above listens already.
 */
int screen_load(const struct screen *s, int *notify);

/* Would the kernel have calls answered by a process? */
bool screen_can_hear(void);

#endif

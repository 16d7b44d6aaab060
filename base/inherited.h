/*
 * inherited.h - the signal state baton was started with, which what it executes is to have again.
 *
 * An ignored signal stays ignored over fork and exec, and a blocked one blocked (execve(2)); baton
 * blocks all and hears them by a signalfd, and a signal that is ignored but blocked is queued all
 * the same (sig_ignored() in kernel/signal.c). So no disposition has to change but that of SIGCHLD.
 */
#ifndef BASE_INHERITED_H
#define BASE_INHERITED_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

/* What inherited_remember() found, for whoever takes our place by exec. */
struct inherited {
	uint64_t mask;			/* as the kernel has it: bit n - 1 for signal n */
	bool ignores_children;
};

/* A set with every bit: sigfillset(3) leaves out the two that glibc keeps for itself. */
void inherited_every_signal(sigset_t *set);

/* Block every signal, also those two. 0 or -1. */
int inherited_block_all(void);

/* Remember mask and disposition; from here on children that end are waited for (waitpid(2)). */
void inherited_remember(void);

/* As it was when inherited_remember() was called; between fork and exec. */
void inherited_restore(void);

/* Give that away, and take it over instead of remembering what is now. */
void inherited_give(struct inherited *to);
void inherited_take(const struct inherited *from);

#endif

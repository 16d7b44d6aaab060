/*
 * takeover.h - one PID 1 executes the next: what is handed over, and how.
 *
 * The state is in a sealed memfd (carried.h), descriptors keep their numbers, arguments and
 * environment are the same but for one variable that only PID 1 sets, which a baton that knows
 * nothing of this refuses as any unknown BATON_ variable: BATON_UPGRADE="STATE WORD NUMBER WHY".
 */
#ifndef INIT_TAKEOVER_H
#define INIT_TAKEOVER_H

#include <stdbool.h>

#include "base/message.h"

struct init;

enum takeover_word {
	TAKEOVER_REHEARSE,	/* in a child: would you come up? number: the channel to say so */
	TAKEOVER_GO,		/* be PID 1; number: the old binary, to go back to */
	TAKEOVER_BACK,		/* the new one did not come up, be PID 1 again; why: why not */
	TAKEOVER_WORDS
};

struct takeover {
	enum takeover_word word;
	int state;		/* the memfd */
	int number;
	char why[MESSAGE_TEXT];
};

/* Remember the arguments, and make room for the variable. 0, or -1: nobody can be executed. */
int takeover_open(char *const arguments[]);

/* Was this process executed to take over? Then the variable is taken out of the environment. */
bool takeover_said(struct takeover *t);

/* The state as a sealed memfd; -1 with errno. */
int takeover_write(struct init *init);

/* Nobody changes it any more. */
bool takeover_is_sealed(int state);

/*
 * Execute the binary with what is carried, without O_CLOEXEC, and these. Returns only when that
 * failed, -1 with errno, and then all is O_CLOEXEC again.
 */
int takeover_exec(struct init *init, int binary, const struct takeover *t);

/* The same for who has not begun to be anybody, and whose descriptors are still as they came. */
int takeover_back(int binary, int state, const char *why);

/* Make what is carried ours: O_CLOEXEC, and what is neither that nor `kept` is closed. */
void takeover_settle_descriptors(struct init *init, int kept);

/* Is each that is carried open? The first number that is not, or -1. */
int takeover_missing(struct init *init);

/* For who has to go on whatever is missing: -1 in its place. */
void takeover_forget_missing(struct init *init);

#endif

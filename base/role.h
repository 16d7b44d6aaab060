/*
 * role.h - start a job as a process of its own: the same binary, executed again or just forked.
 *
 * A role begins with descriptors 0..2, its channel as ROLE_CHANNEL, the binary itself as ROLE_SELF
 * (so that roles can start roles without /proc), and from ROLE_EXTRA on what it was given, in
 * order. An executed role works where baton was started; a forked one stays where its parent is and
 * has that directory as ROLE_HERE. Signals are as baton was started with in what is executed.
 *
 * Only the keeper is forked: it needs all that its parent has read already, and its exec would double
 * the time until a plain command runs.
 */
#ifndef BASE_ROLE_H
#define BASE_ROLE_H

#include <sys/types.h>

#include <stdbool.h>

enum {
	ROLE_CHANNEL = 3, ROLE_SELF = 4, ROLE_HERE = 5, ROLE_EXTRA = 6, ROLE_MOST_EXTRA = 40
};

/* How a role ends that could not even begin. */
enum { EXIT_NO_PLACE = 125, EXIT_NO_EXEC = 126 };

/* Where baton comes from: its binary, and the directory it was started in. */
struct role_origin {
	int self, here;
	bool away;			/* the working directory is another one now */
};

/*
 * Remember the working directory and the signals we were started with. Call once, before any signal
 * is blocked: PID 1 and clients with inherited = 0, an executed role with 1 (it has ROLE_SELF).
 * Children are waited for from here on, even if we were started with SIGCHLD ignored (waitpid(2)).
 * Every descriptor above 2 is closed, or in a role made O_CLOEXEC.
 */
void role_boot(int inherited);

/*
 * For whoever takes our place by exec: what role_boot() and the like have found, and instead of it.
 * The descriptors stay the same, and are this room's.
 */
void role_origin(struct role_origin *to);
void role_resume(const struct role_origin *from);

/*
 * Open baton's own binary, to execute roles from, and hold it: /proc may be gone later. 0, or -1:
 * then it is tried again with each role.
 */
int role_hold_binary(void);

/*
 * Start a role by exec. argv[0] is "baton", argv[1] the role's name; environment NULL keeps ours.
 * channel may be -1. extra holds `extras` descriptors. The caller still owns all of them, and reaps
 * the child. Returns the pid or -1.
 */
pid_t role_start(char *const argv[], char *const environment[], int channel, const int *extra,
    int extras);

/*
 * Start a role by fork. Returns 0 in the child, where every other descriptor is closed; it must not
 * return to its parent's work but end by _exit.
 */
pid_t role_fork(int channel, const int *extra, int extras);

/*
 * What ps shows of a forked role takes the place of our arguments, as far as there is room:
 * role_title() once, from main; role_show() in the role, when the arguments are not needed any more.
 */
void role_title(int argc, char *argv[]);
void role_show(const char *title);

/*
 * Go away from where baton was started to /, so that nobody is kept from unmounting it, unless there
 * were no way back; and go back there: 0 or -1.
 */
void role_leave(void);
int role_enter(void);

/* In a child that shares our memory (vfork(2)): go there, and do not remember it. 0 or -1. */
int role_revisit(void);

#endif

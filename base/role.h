/*
 * role.h - start a job as a process of its own: the same binary, executed again.
 *
 * A role begins with descriptors 0..2, its channel as ROLE_CHANNEL, the binary itself as ROLE_SELF
 * (so that roles can start roles without /proc), and from ROLE_EXTRA on what it was given, in
 * order. Its signal mask is the one that baton was started with.
 */
#ifndef BASE_ROLE_H
#define BASE_ROLE_H

#include <sys/types.h>

enum { ROLE_CHANNEL = 3, ROLE_SELF = 4, ROLE_EXTRA = 5, ROLE_MOST_EXTRA = 40 };

/*
 * Remember the binary and the signal mask we were started with. Call once, before any signal is
 * blocked: PID 1 and clients with inherited = 0 (opens /proc/self/exe), a role with 1 (it has
 * ROLE_SELF). Makes every descriptor from ROLE_CHANNEL on O_CLOEXEC in a role. 0 or -1.
 */
int role_boot(int inherited);

/*
 * Start a role. argv[0] is "baton", argv[1] the role's name; environment NULL keeps ours. channel
 * may be -1. extra holds `extras` descriptors. The caller still owns all of them, and reaps the
 * child. Returns the pid or -1.
 */
pid_t role_start(char *const argv[], char *const environment[], int channel, const int *extra,
    int extras);

/* Put back the signal mask baton was started with; between fork and exec of a foreign program. */
void role_restore_signals(void);

#endif

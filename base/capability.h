/*
 * capability.h - what root may do beyond others (capabilities(7)), as sets of 64 bits.
 *
 * The order for a child that is to keep only some: capability_keep(), user_become(),
 * capability_raise(), exec.
 */
#ifndef BASE_CAPABILITY_H
#define BASE_CAPABILITY_H

#include <stddef.h>
#include <stdint.h>

/*
 * "none", or names with commas between: with or without CAP_, in any case, blanks around them.
 * Returns 0, or -1 with one sentence in why and set untouched.
 */
int capability_parse(const char *text, uint64_t *set, char *why, size_t size);

/* "NET_BIND_SERVICE,CHOWN", or "none". A bit that has no name yet is its number. */
void capability_print(uint64_t set, char *to, size_t size);

/* What capability_raise() could raise in this process; 0 too when the kernel does not say. */
uint64_t capability_held(void);

/*
 * Drop from the bounding set all that is not in set, so that no exec can bring it back, and have
 * the others survive a change of uid. 0, or -1 with errno when the kernel refused: EPERM, without
 * CAP_SETPCAP, is a normal answer, and capability_raise() may still follow. Programs with file
 * capabilities, set-id programs, and any program if the uid is 0, could then gain more than set:
 * no_new_privs closes that.
 */
int capability_keep(uint64_t set);

/*
 * Have exactly set: permitted, effective, inheritable and ambient, which exec leaves to the next
 * program. 0, or -1 with errno: EPERM when some of set was not held, and the others are raised
 * all the same; or when the kernel refused (before Linux 4.3 it knows no ambient set), and
 * nothing that is not in set is left either.
 */
int capability_raise(uint64_t set);

/*
 * Lay down CAP_SETUID and CAP_SETGID until the next exec or capability_raise(): they stay
 * permitted. 0 or -1.
 */
int capability_rest(void);

#endif

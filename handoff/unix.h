/*
 * unix.h - a UNIX listener: sockets that stand beside its path, and the path, which is one of them.
 *
 * UNIX sockets have no SO_REUSEPORT. So each slot of /run/app.sock has a name of its own,
 * /run/.app.sock.baton-0 and so on, and listens there for the life of PID 1. The path is one more
 * link to one of these files, put there by rename(2): a switch is atomic, may go back and forth, and
 * there is no moment without the path. Where hard links are refused it is a soft one.
 */
#ifndef HANDOFF_UNIX_H
#define HANDOFF_UNIX_H

#include <sys/types.h>

#include <stdbool.h>

#include "handoff/address.h"
#include "handoff/rights.h"

enum { UNIX_SUFFIX = 10 };		/* what the longest name of a slot has more than the path */

/*
 * Make a path absolute and its directory's name the real one, so that paths can be compared. root
 * and here say where "/" and "." are (/proc/PID/root, /proc/PID/cwd), NULL: as for ourselves.
 * 0, or -1 with errno; ENAMETOOLONG also when there is no room for the names of slots.
 */
int unix_resolve(struct address *a, const char *root, const char *here);

/*
 * Is the path free? 0 also where a socket is left over that nobody listens on. Else -1 with EEXIST (a
 * file that is no socket), EADDRINUSE (somebody listens) or another errno.
 */
int unix_claim(const struct address *a);

/* The address of one slot. */
void unix_slot(struct address *slot, const struct address *a, int index);

/*
 * A socket with a slot's name, in the place of what was left over there and at the path; or -1 with
 * errno. What getsockname(2) says of it is the path.
 */
int unix_bind(const struct address *a, int index);

/*
 * From now on the path is this slot. What the path had of mode and owner it keeps; the first time,
 * and where `rights` says something, it is that. Harmless when it is so already. 0, or -1 with errno.
 */
int unix_point(const struct address *a, int index, const struct unix_rights *rights);

/* Remove the names of the first `count` slots, and the path if it is one of them. Keeps errno. */
void unix_remove(const struct address *a, int count);

#endif

/*
 * sandbox.h - what a process can give up for good: files, network, signals, system calls.
 *
 * Landlock (landlock(7)) as far as the kernel has it, and a seccomp filter beside it, because
 * Landlock alone leaves open: UDP, path UNIX sockets, MSG_FASTOPEN, prlimit, priorities, owners.
 * Both nest: what is given up can only become less. Both need no_new_privs, which is set here.
 */
#ifndef BASE_SANDBOX_H
#define BASE_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

enum sandbox_access {
	SANDBOX_LIST,		/* the names in directories, no more */
	SANDBOX_READ,		/* read, list */
	SANDBOX_LOOK,		/* and execute */
	SANDBOX_USE,		/* a device: read, write, ioctl */
	SANDBOX_CLEAR,		/* remove directories, no more */
	SANDBOX_CHANGE		/* everything but making devices */
};

/* What may be done with a file or everything below a directory. */
struct sandbox_rule {
	const char *path;
	enum sandbox_access access;
};

/* What the kernel gave, or with sandbox_probe() would give. */
struct sandbox_held {
	int landlock;		/* ABI, 0: none */
	bool seccomp;
	bool answers;		/* a call of a build can wait for us (screen.h) */
};

struct sandbox_held sandbox_probe(void);

/* Is all there that `strict` asks for? */
bool sandbox_whole(const struct sandbox_held *held);

/*
 * From now on this process and all its children reach files only as the rules say; a rule whose
 * path does not exist is passed over. They bind no TCP port but ephemeral ones, without net
 * connect to none, and signal and reach abstract sockets of their own kind only. Returns the ABI
 * used, 0 where there is no Landlock, -1 when it is there and refused the rules.
 */
int sandbox_landlock(const struct sandbox_rule *rules, int count, bool net);

/*
 * Only a scope for signals: this process and its children can signal each other and nobody else.
 * Returns 1, or 0 where the kernel has no such thing (before ABI 6).
 */
int sandbox_scope(void);

/* Bits of capabilities that may be kept: CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FOWNER. */
enum sandbox_keep { SANDBOX_KEEP_CHOWN = 1 << 0, SANDBOX_KEEP_OVERRIDE = 1 << 1, SANDBOX_KEEP_OWNER = 1 << 3 };

/*
 * Give up all capabilities but these, as far as they are held; for a user that is not root, also
 * over exec. CAP_DAC_OVERRIDE is bounded by the rules for files. 0 or -1.
 */
int sandbox_keep_capabilities(unsigned keep);

/* Would the kernel take a filter? */
bool sandbox_has_seccomp(void);

/* Refuse the system calls that a build has no use for. net as above. 0 or -1 with errno. */
int sandbox_seccomp(bool net);

/*
 * For the watcher and the store, whose calls are known: allow those, to start no program and to have
 * no socket. All others are ENOSYS. 0 or -1 with errno.
 */
int sandbox_seccomp_own(void);

/* One line for the start: "Landlock ABI 7, seccomp", and the worst of what that leaves open. */
void sandbox_summary(const struct sandbox_held *held, char *to, size_t size);

#endif

/*
 * landlock.h - the kernel's interface of landlock(7) up to ABI 7, of which Debian 12's own header
 * knows 2. Numbers are the kernel's and never change. Constants with ours in front, so that both
 * headers can be included.
 */
#ifndef BASE_LANDLOCK_H
#define BASE_LANDLOCK_H

#include <stdint.h>

/* landlock_create_ruleset(2); the size that is passed says how much of it is known. */
struct ll_ruleset {
	uint64_t files;		/* handled_access_fs, ABI 1 */
	uint64_t net;		/* handled_access_net, ABI 4 */
	uint64_t scoped;	/* ABI 6 */
};

struct ll_beneath {
	uint64_t allowed;
	int32_t parent;
} __attribute__((packed));

struct ll_port {
	uint64_t allowed;
	uint64_t port;
};

enum { LL_VERSION = 1 << 0 };		/* flag of landlock_create_ruleset(2) */
enum { LL_BENEATH = 1, LL_PORT = 2 };	/* types of rules */

enum ll_files {
	LL_EXECUTE = 1 << 0,
	LL_WRITE_FILE = 1 << 1,
	LL_READ_FILE = 1 << 2,
	LL_READ_DIR = 1 << 3,
	LL_REMOVE_DIR = 1 << 4,
	LL_REMOVE_FILE = 1 << 5,
	LL_MAKE_CHAR = 1 << 6,
	LL_MAKE_DIR = 1 << 7,
	LL_MAKE_REG = 1 << 8,
	LL_MAKE_SOCK = 1 << 9,
	LL_MAKE_FIFO = 1 << 10,
	LL_MAKE_BLOCK = 1 << 11,
	LL_MAKE_SYM = 1 << 12,
	LL_REFER = 1 << 13,		/* ABI 2, Linux 5.19 */
	LL_TRUNCATE = 1 << 14,		/* ABI 3, Linux 6.2 */
	LL_IOCTL_DEV = 1 << 15		/* ABI 5, Linux 6.10 */
};

enum ll_net { LL_BIND_TCP = 1 << 0, LL_CONNECT_TCP = 1 << 1 };		/* ABI 4, Linux 6.7 */
enum ll_scope { LL_SCOPE_ABSTRACT = 1 << 0, LL_SCOPE_SIGNAL = 1 << 1 };	/* ABI 6, Linux 6.12 */

enum { LL_KNOWN_ABI = 7 };	/* adds only what is logged */

/* The kernel's ABI, at most LL_KNOWN_ABI; 0 where there is none or it is refused. */
int ll_abi(void);

int ll_create(const struct ll_ruleset *ruleset, int abi);
int ll_add_beneath(int ruleset, const struct ll_beneath *rule);
int ll_add_port(int ruleset, const struct ll_port *rule);

/* Needs no_new_privs. */
int ll_restrict(int ruleset);

/* All rights over files that an ABI has. */
uint64_t ll_all_files(int abi);

#endif

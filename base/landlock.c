/* landlock.c - the kernel's interface. */
#include <sys/syscall.h>

#include <errno.h>
#include <stddef.h>
#include <unistd.h>

#include "base/landlock.h"

int
ll_abi(void)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LL_VERSION);

	if (abi < 1)
		return 0;
	return abi < LL_KNOWN_ABI ? (int)abi : LL_KNOWN_ABI;
}

/* An older kernel accepts a longer structure only if what it does not know is 0. */
static size_t
size_for(int abi)
{
	if (abi < 4)
		return offsetof(struct ll_ruleset, net);
	if (abi < 6)
		return offsetof(struct ll_ruleset, scoped);
	return sizeof(struct ll_ruleset);
}

int
ll_create(const struct ll_ruleset *ruleset, int abi)
{
	return (int)syscall(SYS_landlock_create_ruleset, ruleset, size_for(abi), 0);
}

int
ll_add_beneath(int ruleset, const struct ll_beneath *rule)
{
	return (int)syscall(SYS_landlock_add_rule, ruleset, LL_BENEATH, rule, 0);
}

int
ll_add_port(int ruleset, const struct ll_port *rule)
{
	return (int)syscall(SYS_landlock_add_rule, ruleset, LL_PORT, rule, 0);
}

int
ll_restrict(int ruleset)
{
	return (int)syscall(SYS_landlock_restrict_self, ruleset, 0);
}

uint64_t
ll_all_files(int abi)
{
	uint64_t all = (LL_MAKE_SYM << 1) - 1;

	if (abi >= 2)
		all |= LL_REFER;
	if (abi >= 3)
		all |= LL_TRUNCATE;
	if (abi >= 5)
		all |= LL_IOCTL_DEV;
	return abi > 0 ? all : 0;
}

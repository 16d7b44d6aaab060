/* capability.c - the kernel's five sets. Never touches another process. */
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <errno.h>
#include <unistd.h>

#include "base/capability.h"
#include "base/sandbox.h"

enum { BITS = 64 };

static uint64_t
bit(int capability)
{
	return UINT64_C(1) << capability;
}

struct sets {
	uint64_t permitted, effective, inheritable;
};

static int
get(struct sets *sets)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { 0 } };

	if (syscall(SYS_capget, &header, data) == -1)
		return -1;
	sets->permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
	sets->effective = data[0].effective | (uint64_t)data[1].effective << 32;
	sets->inheritable = data[0].inheritable | (uint64_t)data[1].inheritable << 32;
	return 0;
}

/* The kernel takes from the ambient set what is then not both permitted and inheritable. */
static int
put(const struct sets *sets)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];
	int i;

	for (i = 0; i < 2; i++) {
		data[i].permitted = (uint32_t)(sets->permitted >> 32 * i);
		data[i].effective = (uint32_t)(sets->effective >> 32 * i);
		data[i].inheritable = (uint32_t)(sets->inheritable >> 32 * i);
	}
	return (int)syscall(SYS_capset, &header, data);
}

/* What a process has lost from its bounding set can be made inheritable no more. */
uint64_t
capability_held(void)
{
	uint64_t bounding = 0;
	struct sets sets;
	int i;

	if (get(&sets) == -1)
		return 0;
	for (i = 0; i < BITS; i++)
		if (prctl(PR_CAPBSET_READ, i, 0, 0, 0) == 1)
			bounding |= bit(i);
	return sets.permitted & (bounding | sets.inheritable);
}

/* A newer kernel has more than we know by name, so ask it: -1 is none of its. */
static int
bound(uint64_t set)
{
	int error = 0, i;

	for (i = 0; i < BITS; i++)
		if ((set & bit(i)) == 0 && prctl(PR_CAPBSET_READ, i, 0, 0, 0) == 1 &&
		    prctl(PR_CAPBSET_DROP, i, 0, 0, 0) == -1)
			error = errno;
	if (error == 0)
		return 0;
	errno = error;
	return -1;
}

int
capability_keep(uint64_t set)
{
	int bounded = bound(set);

	if (set != 0 && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == -1)
		return -1;
	return bounded;
}

static int
make_ambient(uint64_t set)
{
	int i;

	for (i = 0; i < BITS; i++)
		if ((set & bit(i)) != 0 &&
		    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i, 0, 0) == -1)
			return -1;
	return 0;
}

int
capability_raise(uint64_t set)
{
	uint64_t raised = set & capability_held();
	struct sets sets = { raised, raised, raised };

	prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0);
	if (put(&sets) == -1 || make_ambient(raised) == -1)
		return -1;
	if (raised == set)
		return 0;
	errno = EPERM;
	return -1;
}

int
capability_rest(void)
{
	struct sets sets;

	if (get(&sets) == -1)
		return -1;
	sets.effective &= ~(bit(CAP_SETUID) | bit(CAP_SETGID));
	return put(&sets);
}

/*
 * A root without any could not write a project that belongs to another user, which is common in
 * images. CAP_DAC_OVERRIDE gives no more than Landlock lets through.
 */
int
sandbox_keep_capabilities(unsigned keep)
{
	const uint64_t all = bit(CAP_CHOWN) | bit(CAP_DAC_OVERRIDE) | bit(CAP_FOWNER);
	struct sets sets;

	_Static_assert(1 << CAP_CHOWN == SANDBOX_KEEP_CHOWN &&
	    1 << CAP_DAC_OVERRIDE == SANDBOX_KEEP_OVERRIDE && 1 << CAP_FOWNER == SANDBOX_KEEP_OWNER,
	    "numbers are the kernel's");
	if (get(&sets) == -1)
		return -1;
	/* what cannot be regained through exec either; without CAP_SETPCAP no_new_privs sees to it */
	bound(keep & all);
	sets.permitted &= keep & all;
	sets.effective &= keep & all;
	/* root has by exec what is permitted and bounding, others what is ambient */
	sets.inheritable = geteuid() == 0 ? 0 : sets.permitted;
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	return put(&sets) == -1 ? -1 : make_ambient(sets.inheritable);
}

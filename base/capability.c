/* capability.c - what root may do beyond others, given up. */
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <stdint.h>
#include <unistd.h>

#include "base/sandbox.h"

/*
 * A root without any could not write a project that belongs to another user, which is common in
 * images. CAP_DAC_OVERRIDE gives no more than Landlock lets through.
 */
static const uint32_t kept = 1u << CAP_DAC_OVERRIDE;

int
sandbox_drop_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { 0 } };
	int capability;

	if (syscall(SYS_capget, &header, data) == -1)
		return -1;
	/* what cannot be regained through exec either; without CAP_SETPCAP no_new_privs sees to it */
	for (capability = 0; capability <= CAP_LAST_CAP; capability++)
		if (capability != CAP_DAC_OVERRIDE)
			prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	data[0].permitted &= kept;
	data[0].effective &= kept;
	data[0].inheritable = 0;
	data[1].permitted = data[1].effective = data[1].inheritable = 0;
	return (int)syscall(SYS_capset, &header, data);
}

/* proc.c - is /proc to be believed? */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/proc.h"

bool
proc_is_ours(void)
{
	char own[16], seen[16] = "";

	snprintf(own, sizeof(own), "%d", (int)getpid());
	return readlink("/proc/self", seen, sizeof(seen) - 1) > 0 && strcmp(own, seen) == 0;
}

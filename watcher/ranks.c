/* ranks.c - what a build may not raise itself to. */
#include <sys/resource.h>

#include "watcher/ranks.h"

static int
none(__rlimit_resource_t of)
{
	return setrlimit(of, &(struct rlimit){ 0, 0 });
}

/*
 * Descriptors on their way through sockets count for the user, against the limit of who sends the
 * next one (unix(7), ETOOMANYREFS): a build that has less than baton cannot fill that up for it.
 */
static int
fewer_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
		return -1;
	if (limit.rlim_cur != limit.rlim_max)
		return 0;
	limit.rlim_cur = limit.rlim_max -= limit.rlim_max / 4;
	return setrlimit(RLIMIT_NOFILE, &limit);
}

int
ranks_keep(void)
{
	return none(RLIMIT_RTPRIO) == 0 && none(RLIMIT_NICE) == 0 ? fewer_descriptors() : -1;
}

/* identity.c - who workers are, and what they may do. */
#include <sys/prctl.h>

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/capability.h"
#include "base/oom.h"
#include "base/user.h"
#include "init/identity.h"
#include "watcher/second.h"

enum { WORKER_POINTS = 10 };	/* a hundredth of the memory: PID 1 has far less than that */

static int
find(struct user *u, const struct options *o, char *why, size_t size)
{
	return user_find(u, o->user, "/etc/passwd", "/etc/group", why, size);
}

int
identity_check(const struct options *o, char *why, size_t size)
{
	struct user u;
	uint64_t set;

	if (o->user != NULL && find(&u, o, why, size) == -1)
		return -1;
	if (strcmp(o->sandbox_user, "auto") != 0 && strcmp(o->sandbox_user, "off") != 0 &&
	    second_name(&u, o->sandbox_user, why, size) == -1)
		return -1;
	return o->capabilities != NULL ? capability_parse(o->capabilities, &set, why, size) : 0;
}

static int
become(const struct options *o, char *why, size_t size)
{
	const char *home = getenv("HOME");
	struct user u;

	if (find(&u, o, why, size) == -1)
		return -1;
	if (user_become(&u) == -1) {
		snprintf(why, size, "cannot become '%s' (BATON_USER): %s", o->user,
		    strerror(errno));
		return -1;
	}
	if (home == NULL || home[0] == '\0')
		setenv("HOME", u.home, 1);
	return 0;
}

int
identity_assume(const struct options *o, char *why, size_t size)
{
	uint64_t set = 0;

	oom_score(WORKER_POINTS);
	if (o->capabilities != NULL) {
		if (capability_parse(o->capabilities, &set, why, size) == -1)
			return -1;
		capability_keep(set);
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);	/* or root's next exec had all again */
	}
	if (o->user != NULL && become(o, why, size) == -1)
		return -1;
	if (o->capabilities != NULL && capability_raise(set) == -1) {
		snprintf(why, size, "cannot have the capabilities '%s' (BATON_CAPABILITIES): %s",
		    o->capabilities, strerror(errno));
		return -1;
	}
	return 0;
}

/* second.c - the user that builds run as. */
#include <sys/wait.h>

#include <errno.h>
#include <linux/capability.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/capability.h"
#include "base/sandbox.h"
#include "watcher/second.h"

/*
 * Below 65536, so that it exists in a user namespace of the usual size. No distribution gives these to
 * anybody by itself; nobody (65534) would not do: servers run as nobody.
 */
enum { FIRST = 64999, LAST = 64990 };

static const char passwd[] = "/etc/passwd", group[] = "/etc/group";

static uint64_t
bit(int capability)
{
	return UINT64_C(1) << capability;
}

/* The first number that is nobody's. */
static int
find_free(struct user *u, char *why, size_t size)
{
	char text[32];
	int id;

	for (id = FIRST; id >= LAST; id--) {
		snprintf(text, sizeof(text), "%d:%d", id, id);
		if (user_find(u, text, passwd, group, why, size) == -1)
			return -1;
		if (*u->name == '\0')
			return 0;
	}
	snprintf(why, size, "users %d to %d are all in %s", LAST, FIRST, passwd);
	return -1;
}

/* user.c says whose fault it is, and means the workers' variable. */
int
second_name(struct user *u, const char *text, char *why, size_t size)
{
	char found[256];
	const char *rest;

	if (user_find(u, text, passwd, group, found, sizeof(found)) == 0)
		return 0;
	rest = strchr(found, ':');
	snprintf(why, size, "BATON_SANDBOX_USER%s", rest != NULL ? rest : "");
	return -1;
}

/* Where the user does not exist (a user namespace) or may not be become: found out by trying. */
static int
try(const struct user *u)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		_exit(second_become(u) == 0 ? 0 : errno);
	if (pid == -1 || waitpid(pid, &status, 0) != pid)
		return errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
}

static const char *
what_lacks(void)
{
	uint64_t held = capability_held();

	if ((held & bit(CAP_SETUID)) == 0 || (held & bit(CAP_SETGID)) == 0)
		return "baton may not become another user (CAP_SETUID, CAP_SETGID)";
	if ((held & bit(CAP_DAC_OVERRIDE)) == 0)
		return "another user could not write the project (CAP_DAC_OVERRIDE)";
	return NULL;
}

int
second_find(const struct sandbox_config *config, struct user *u, char *why, size_t size)
{
	bool named = strcmp(config->user, "auto") != 0, root = geteuid() == 0;
	const char *lacks = what_lacks();
	int error;

	*why = '\0';
	if (config->mode == SANDBOX_OFF || strcmp(config->user, "off") == 0 || (!named && !root))
		return 0;
	if (lacks != NULL) {
		snprintf(why, size, "builds run as baton's own user: %s", lacks);
		return named ? -1 : 0;
	}
	if ((named ? second_name(u, config->user, why, size) : find_free(u, why, size)) == -1)
		return named ? -1 : 0;
	if ((error = try(u)) == 0)
		return 1;
	snprintf(why, size, "builds run as baton's own user: user %u cannot be had here: %s",
	    (unsigned)u->uid, strerror(error));
	return named ? -1 : 0;
}

void
second_describe(FILE *to)
{
	const struct sandbox_config config = { .mode = SANDBOX_ON, .user = "auto" };
	char why[256];
	struct user u;

	if (second_find(&config, &u, why, sizeof(why)) == 1)
		fprintf(to, "held     a user of its own: builds run as user %u\n", (unsigned)u.uid);
	else
		fprintf(to, "missing  a user of its own: %s\n", *why != '\0' ? why :
		    "only root can become another user, and baton is not root here");
}

int
second_become(const struct user *u)
{
	uint64_t keep = (bit(CAP_DAC_OVERRIDE) | bit(CAP_FOWNER)) & capability_held();

	/* without CAP_SETPCAP the bounding set stays, and no_new_privs sees to it */
	capability_keep(keep);
	if (user_become(u) == -1)
		return -1;
	return capability_raise(keep);
}

/* sandbox.c - what a process gives up: files, network, signals, by Landlock; and what is held. */
#include <sys/prctl.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/landlock.h"
#include "base/sandbox.h"
#include "base/screen.h"
#include "base/text.h"

/* What makes sense for something that is no directory; the kernel refuses the rest. */
static const uint64_t of_files = LL_EXECUTE | LL_WRITE_FILE | LL_READ_FILE | LL_TRUNCATE | LL_IOCTL_DEV;

static uint64_t
rights(enum sandbox_access access, int abi)
{
	const uint64_t never = LL_MAKE_CHAR | LL_MAKE_BLOCK | LL_IOCTL_DEV;

	switch (access) {
	case SANDBOX_LIST:
		return LL_READ_DIR;
	case SANDBOX_READ:
		return LL_READ_FILE | LL_READ_DIR;
	case SANDBOX_LOOK:
		return LL_EXECUTE | LL_READ_FILE | LL_READ_DIR;
	case SANDBOX_USE:
		return (LL_WRITE_FILE | LL_READ_FILE | LL_READ_DIR | LL_TRUNCATE | LL_IOCTL_DEV) &
		    ll_all_files(abi);
	case SANDBOX_CLEAR:
		return LL_REMOVE_DIR;
	case SANDBOX_CHANGE:
		return ll_all_files(abi) & ~never;
	}
	return 0;
}

/* A path that is not there, or not for us, needs no rule: there is nothing to reach. */
static int
add_rule(int ruleset, const struct sandbox_rule *rule, int abi)
{
	struct ll_beneath beneath = { .allowed = rights(rule->access, abi) };
	struct stat st;
	int result = 0;

	if ((beneath.parent = open(rule->path, O_PATH | O_CLOEXEC)) == -1)
		return 0;
	if (fstat(beneath.parent, &st) == 0 && !S_ISDIR(st.st_mode))
		beneath.allowed &= of_files;
	result = ll_add_beneath(ruleset, &beneath);
	close(beneath.parent);
	/* EBADFD: a file of a file system that Landlock knows no paths in, /proc/self/fd/1 */
	return result == -1 && errno == EBADFD ? 0 : result;
}

/* Port 0 stands for the ephemeral ones: a build may have a server of its own, not the service's. */
static int
add_ports(int ruleset, int abi)
{
	const struct ll_port ephemeral = { .allowed = LL_BIND_TCP, .port = 0 };

	return abi >= 4 ? ll_add_port(ruleset, &ephemeral) : 0;
}

static int
restrict_self(int ruleset)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return -1;
	return ll_restrict(ruleset);
}

int
sandbox_landlock(const struct sandbox_rule *rules, int count, bool net)
{
	int abi = ll_abi(), ruleset, result = 0, i;
	const struct ll_ruleset all = {
		.files = ll_all_files(abi),
		.net = abi < 4 ? 0 : net ? LL_BIND_TCP : LL_BIND_TCP | LL_CONNECT_TCP,
		.scoped = abi < 6 ? 0 : LL_SCOPE_ABSTRACT | LL_SCOPE_SIGNAL,
	};

	if (abi == 0)
		return 0;
	if ((ruleset = ll_create(&all, abi)) == -1)
		return -1;
	for (i = 0; i < count && result == 0; i++)
		result = add_rule(ruleset, &rules[i], abi);
	if (result == 0)
		result = add_ports(ruleset, abi);
	if (result == 0)
		result = restrict_self(ruleset);
	fd_close(&ruleset);
	return result == 0 ? abi : -1;
}

int
sandbox_scope(void)
{
	/* landlock(7): a rename into another directory is denied unless every layer allows it */
	const struct ll_ruleset scope = { .files = LL_REFER, .scoped = LL_SCOPE_SIGNAL };
	struct ll_beneath everywhere = { .allowed = LL_REFER };
	int abi = ll_abi(), ruleset, result = -1;

	if (abi < 6 || (ruleset = ll_create(&scope, abi)) == -1)
		return 0;
	everywhere.parent = open("/", O_PATH | O_CLOEXEC);
	if (ll_add_beneath(ruleset, &everywhere) == 0)
		result = restrict_self(ruleset);
	close(everywhere.parent);
	fd_close(&ruleset);
	return result == 0;
}

struct sandbox_held
sandbox_probe(void)
{
	return (struct sandbox_held){ .landlock = ll_abi(), .seccomp = sandbox_has_seccomp(),
		.answers = screen_can_hear() };
}

bool
sandbox_whole(const struct sandbox_held *held)
{
	return held->landlock >= 6 && held->seccomp && held->answers;
}

/* What is missing below an ABI. The text ends a sentence that begins with "without". */
static const struct gap {
	int abi;
	const char *kernel, *open;
} gaps[] = {
	{ 1, "5.13", "files are not protected but by their modes" },
	{ 3, "6.2", "a build can empty files that it cannot write" },
	{ 4, "6.7", "with BATON_SANDBOX_NET=all a build can bind the service's ports" },
	{ 5, "6.10", "a build can send ioctls to devices that it can open" },
	{ 6, "6.12",
	  "a build can signal processes of its user, and is found by /proc when it is ended" },
};

enum { GAPS = sizeof(gaps) / sizeof(gaps[0]) };

void
sandbox_summary(const struct sandbox_held *held, char *to, size_t size)
{
	int i;

	*to = '\0';
	if (held->landlock > 0)
		text_append(to, size, "Landlock ABI %d", held->landlock);
	else
		text_append(to, size, "no Landlock");
	text_append(to, size, held->seccomp ? ", seccomp" : ", no seccomp: a build can use the "
	    "network and set limits of others");
	for (i = 0; i < GAPS; i++)
		if (held->landlock < gaps[i].abi) {
			text_append(to, size, "; %s (needs Linux %s)", gaps[i].open, gaps[i].kernel);
			break;
		}
}

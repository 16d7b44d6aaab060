/* ending.c - nobody of ours is left behind. */
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/proc.h"
#include "init/ending.h"
#include "init/helpers.h"
#include "init/init.h"

/* --- who our children are --------------------------------------------------------------------- */

static bool
is_known(const struct init *init, pid_t pid)
{
	const struct served *sv;
	int service, i;

	for (service = 0; service < init->state.service_count; service++) {
		sv = &init->state.services[service];
		for (i = 0; i < GENERATIONS; i++)
			if (sv->keepers[i].serial != 0 && sv->keepers[i].pid == pid)
				return true;
		if (sv->watch.pid == pid || sv->store.pid == pid || sv->probe.pid == pid)
			return true;
	}
	return false;
}

/*
 * Call for each child that is neither keeper nor helper. One read of the list at a time: whoever is
 * not in it is seen the next time round.
 */
static int
each_orphan(const struct init *init, void (*call)(pid_t, const void *), const void *with)
{
	char path[64], text[4096], *at = text, *end;
	int count = 0;
	long pid;

	if (!proc_is_ours())
		return -1;
	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)init->state.pid);
	if (fd_read_text(AT_FDCWD, path, text, sizeof(text)) == -1)
		return -1;
	/* a number without a blank behind it may be cut, and a cut number is somebody else */
	for (; (pid = strtol(at, &end, 10)) > 0 && *end == ' '; at = end) {
		if (is_known(init, (pid_t)pid))
			continue;
		call((pid_t)pid, with);
		count++;
	}
	return count;
}

/* Does a process have this variable in its environment, as it was executed? */
static bool
has_variable(pid_t pid, const char *variable)
{
	enum { CHUNK = 4096 };
	char path[32], text[CHUNK];
	size_t length = strlen(variable) + 1, kept = 0, have;
	bool found = false;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return false;
	while (!found && (n = read(fd, text + kept, sizeof(text) - kept)) > 0) {
		have = kept + (size_t)n;
		found = memmem(text, have, variable, length) != NULL;
		/* it may lie across the border of two reads */
		kept = have < length ? have : length - 1;
		memmove(text, text + have - kept, kept);
	}
	fd_close(&fd);
	return found;
}

static void
kill_if_of(pid_t pid, const void *variable)
{
	if (has_variable(pid, variable))
		kill(pid, SIGKILL);
}

void
ending_orphans(const struct init *init, const struct keeper_record *k)
{
	char variable[40];
	int i;

	for (i = 0; i < WORKERS; i++)
		if (k->workers[i].pid > 0)
			kill(-k->workers[i].pid, SIGKILL);
	snprintf(variable, sizeof(variable), "BATON_GENERATION=%u", k->serial);
	each_orphan(init, kill_if_of, variable);
}

/* --- the end ---------------------------------------------------------------------------------- */

static void
kill_any(pid_t pid, const void *with)
{
	(void)with;
	kill(pid, SIGKILL);
}

static void
forget(struct init *init, pid_t pid)
{
	int service, i;

	for (service = 0; service < init->state.service_count; service++)
		for (i = 0; i < HELPERS; i++) {
			struct helper *h = helpers_record(&init->state.services[service], i);

			h->pid = h->pid == pid ? 0 : h->pid;
		}
}

static bool
helpers_left(struct init *init)
{
	int service, i;

	for (service = 0; service < init->state.service_count; service++)
		for (i = 0; i < HELPERS; i++)
			if (helpers_record(&init->state.services[service], i)->pid > 0)
				return true;
	return false;
}

/*
 * The kernel ends what is left when PID 1 of a namespace does (pid_namespaces(7)). Where we are not
 * that, our children that are not helpers are what a killed keeper left, or a container's daemons.
 */
static bool
others_left(struct init *init)
{
	siginfo_t info;

	if (init->state.pid == 1 || init->had_children ||
	    waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == -1)
		return false;
	return each_orphan(init, kill_any, NULL) > 0;
}

static void
reap_all(struct init *init)
{
	struct pollfd p = { .fd = init->signals, .events = POLLIN };
	enum { ROOM = 1024 };
	char drained[ROOM];
	pid_t pid;

	poll(&p, 1, 10);
	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
		forget(init, pid);
	while (read(init->signals, drained, sizeof(drained)) > 0)
		;
}

void
ending_remove(const struct served *sv)
{
	int i;

	for (i = 0; i < sv->listener_count; i++)
		listener_remove(&sv->listeners[i]);
}

/* The helpers end by themselves when their channels close; a build needs a moment to be ended. */
void
ending_finish(struct init *init)
{
	enum { PATIENCE_MS = 2000 };
	msec until = clock_now() + PATIENCE_MS;
	int i, helper;

	for (i = 0; i < init->state.service_count; i++)
		ending_remove(&init->state.services[i]);
	for (i = 0; i < init->state.service_count; i++)
		helpers_close(&init->state.services[i]);
	while ((helpers_left(init) || others_left(init)) && clock_now() < until)
		reap_all(init);
	for (i = 0; i < init->state.service_count; i++)
		for (helper = 0; helper < HELPERS; helper++)
			if (helpers_record(&init->state.services[i], helper)->pid > 0)
				kill(helpers_record(&init->state.services[i], helper)->pid, SIGKILL);
	control_close(init);
}

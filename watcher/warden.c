/* warden.c - starts builders, waits for them, and sees to it that nothing of them stays. */
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/role.h"
#include "base/text.h"
#include "base/wire.h"
#include "watcher/cage.h"
#include "watcher/cgroup.h"
#include "watcher/fence.h"
#include "watcher/limits.h"
#include "watcher/second.h"
#include "watcher/warden.h"

struct warden {
	const struct watch_config *config;
	const char *group;	/* for builders: cgroup_print() */
	int score;		/* our oom_score_adj, -1: not to be had */
	int signals;
	int output;		/* of the builder to be started next, -1: not come yet */
	pid_t builder;		/* 0: none runs */
	bool ending;
};

/* --- the watcher's side ----------------------------------------------------------------------- */

int
warden_start(const struct watch_config *config, const struct cgroup *group)
{
	static char where[CGROUP_TEXT];
	char *argv[] = { (char *)"baton", (char *)"warden", (char *)config->service, where, NULL };
	int ends[2];

	cgroup_print(group, where, sizeof(where));

	if (wire_pair(ends) == -1)
		return -1;
	if (role_start(argv, NULL, ends[1], NULL, 0) == -1)
		fd_close(&ends[0]);
	fd_close(&ends[1]);
	return ends[0];
}

int
warden_build(int warden, int32_t number, const char *trigger, int channel, int output)
{
	struct message m = { .type = MESSAGE_BUILD_OUTPUT };

	if (wire_send(warden, &m, output) == -1)
		return -1;
	m.type = MESSAGE_BUILD_BEGIN;
	m.release = number;
	text_copy(m.text, sizeof(m.text), trigger);
	return wire_send(warden, &m, channel);
}

int
warden_ended(int warden, int *status)
{
	struct message m;
	int fd = -1, got = wire_receive(warden, &m, &fd);

	if (got == 0 || (got == -1 && errno != EAGAIN))
		return -1;
	fd_close(&fd);
	if (got != 1 || m.type != MESSAGE_BUILD_ENDED)
		return 0;
	*status = m.code;
	return 1;
}

/* --- the warden ------------------------------------------------------------------------------- */

static void
tell_end(const struct warden *w, int status)
{
	const struct message m = { .type = MESSAGE_BUILD_ENDED, .code = status };

	if (wire_send(ROLE_CHANNEL, &m, -1) == -1 && !w->ending)
		log_line(LOG_WARNING, "cannot tell the watcher that a build ended: %s",
		    strerror(errno));
}

static void
begin(struct warden *w, const struct message *m, int channel)
{
	char number[16];
	char *argv[] = { (char *)"baton", (char *)"builder", (char *)w->config->service, number,
		(char *)w->group, NULL };
	int before;

	snprintf(number, sizeof(number), "%" PRId32, m->release);
	setenv("BATON_TRIGGER", m->text, 1);
	before = limits_fork_builder(w->score);
	w->builder = role_start(argv, NULL, channel, &w->output, 1);
	limits_forked_builder(w->score, before);
	if (w->builder != -1)
		return;
	log_line(LOG_ERROR, "cannot start the builder: %s", strerror(errno));
	w->builder = 0;
	tell_end(w, EXIT_NO_EXEC << 8);		/* as waitpid(2) has it */
}

static void
hear(struct warden *w)
{
	struct message m;
	int fd = -1, got = wire_receive(ROLE_CHANNEL, &m, &fd);

	if (got == 0 || (got == -1 && errno != EAGAIN)) {
		w->ending = true;
		return;
	}
	if (got == 1 && m.type == MESSAGE_BUILD_OUTPUT) {
		fd_close(&w->output);
		w->output = fd;
		return;
	}
	if (got == 1 && m.type == MESSAGE_BUILD_BEGIN && w->builder == 0) {
		begin(w, &m, fd);
		fd_close(&w->output);
	}
	fd_close(&fd);
}

static void
reap(struct warden *w)
{
	struct signalfd_siginfo info;
	int status, ended = 0;
	bool mine = false;
	pid_t pid;

	while (read(w->signals, &info, sizeof(info)) == sizeof(info))
		;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (pid == w->builder) {
			mine = true;
			ended = status;
		}
	if (!mine)
		return;
	/* a builder that was killed has left its build to us */
	cage_empty();
	w->builder = 0;
	tell_end(w, ended);
}

static int
open_signals(void)
{
	sigset_t set;

	/* a terminal's ^C is the watcher's business, who then hangs up: it stays blocked */
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

/* Say once who builds run as, become it, and fence us in. 0 or -1. */
static int
settle_down(const struct watch_config *config, const char *where)
{
	struct cgroup group;
	char why[256], who[288] = "";
	struct user u;
	int found = second_find(&config->sandbox, &u, why, sizeof(why));

	if (found == -1) {
		log_line(LOG_ERROR, "sandbox: %s", why);
		return -1;
	}
	if (found == 0 && *why != '\0')
		snprintf(who, sizeof(who), "; %s", why);
	if (found == 1)
		snprintf(who, sizeof(who), "; builds run as user %u", (unsigned)u.uid);
	if (found == 1 && second_become(&u) == -1) {
		log_line(LOG_ERROR, "sandbox: cannot become user %u: %s", (unsigned)u.uid,
		    strerror(errno));
		return -1;
	}
	cgroup_init(&group);
	cgroup_parse(&group, where);
	cage_enter(fence_warden(config, &group, who));
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	return 0;
}

int
warden_run(const struct watch_config *config, const char *group)
{
	struct warden w = { .config = config, .group = group, .output = -1 };
	struct pollfd p[2] = { { .fd = ROLE_CHANNEL, .events = POLLIN }, { .events = POLLIN } };

	fd_nonblock(ROLE_CHANNEL, 1);
	w.score = limits_go_early();
	if ((w.signals = open_signals()) == -1 || settle_down(config, group) == -1)
		return 1;
	p[1].fd = w.signals;
	while (!w.ending) {
		poll(p, 2, -1);
		if (p[1].revents != 0)
			reap(&w);
		if (p[0].revents != 0)
			hear(&w);
	}
	/* the builder's channel was the watcher's too: it ends its build, and is waited for */
	while (w.builder != 0 && waitpid(w.builder, NULL, 0) == -1 && errno == EINTR)
		;
	cage_empty();
	return 0;
}

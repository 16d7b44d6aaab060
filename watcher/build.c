/* build.c - the role *builder*: one build, fenced in. */
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/message.h"
#include "base/inherited.h"
#include "base/role.h"
#include "base/sandbox.h"
#include "base/text.h"
#include "base/wire.h"
#include "watcher/build.h"
#include "watcher/brake.h"
#include "watcher/cage.h"
#include "watcher/cgroup.h"
#include "watcher/fence.h"
#include "watcher/files.h"
#include "watcher/limits.h"
#include "watcher/lookout.h"
#include "watcher/pace.h"
#include "watcher/ranks.h"
#include "watcher/store.h"
#include "watcher/variables.h"

extern char **environ;

enum { CANNOT_START = 125 };

struct builder {
	const struct watch_config *config;
	int number;
	char out[PATH_MAX], temporary[PATH_MAX], changed[PATH_MAX];
	bool scoped;
	int signals;
	pid_t pid;		/* the shell */
	int status;		/* its wait status, once ended */
	bool ended, abandoned;	/* abandoned: the watcher wants no more of it */
	msec deadline;
	struct cgroup group;	/* where the build stands */
	struct lookout lookout;	/* what it uses */
	struct brake brake;	/* and what it is kept from */
	char why[MESSAGE_TEXT];
};

/* Paths for a build are whole: it may change its directory. */
static int
whole_path(char *to, size_t size, const struct builder *b, const char *after)
{
	char path[PATH_MAX], here[PATH_MAX] = "";

	if (store_file(path, sizeof(path), b->config->releases, ".", b->number, after) == -1)
		return -1;
	if (*path != '/' && getcwd(here, sizeof(here)) == NULL)
		return -1;
	*to = '\0';
	if (text_append(to, size, "%s%s%s", here, *path == '/' || strcmp(here, "/") == 0 ? "" :
	    "/", path) == 0)
		return 0;
	errno = ENAMETOOLONG;
	return -1;
}

static int
prepare(struct builder *b)
{
	if (whole_path(b->out, sizeof(b->out), b, "") == -1 ||
	    whole_path(b->temporary, sizeof(b->temporary), b, ".tmp") == -1 ||
	    whole_path(b->changed, sizeof(b->changed), b, ".changed") == -1)
		goto failed;
	umask(022);
	if ((mkdir(b->out, 0755) == -1 && errno != EEXIST) ||
	    (mkdir(b->temporary, 0700) == -1 && errno != EEXIST))
		goto failed;
	return 0;
failed:
	snprintf(b->why, sizeof(b->why), "cannot make its directories: %s", strerror(errno));
	return -1;
}

static int
enter_fence(struct builder *b)
{
	int scoped = fence_build(b->config, b->out, b->temporary, b->why, sizeof(b->why));

	if (scoped == -1)
		return -1;
	b->scoped = scoped == 1;
	if (b->config->sandbox.mode != SANDBOX_OFF)
		sandbox_drop_capabilities();
	cage_enter(b->scoped);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	return 0;
}

static int
open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

static char **
variables(const struct builder *b)
{
	const char *home = getenv("HOME");
	struct build_variables set = {
		.out = b->out, .changed = b->changed, .trigger = getenv("BATON_TRIGGER"),
		.temporary = b->temporary,
	};

	/* a home that cannot be read is worse than an empty one */
	if (home == NULL || !fence_sees_home(b->config, home))
		set.home = b->temporary;
	return variables_new(&b->config->sandbox, &set, environ);
}

/* 0, 1 and 2 for the build; all others stay here. */
static int
take_descriptors(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null == -1 || dup2(null, 0) == -1 || dup2(ROLE_EXTRA, 1) == -1 ||
	    dup2(ROLE_EXTRA, 2) == -1)
		return -1;
	fd_close_from(3);
	return 0;
}

/*
 * Within the builder's scope the build has one of its own, so that it cannot signal the builder.
 * The filter comes last: what it refuses is still needed above.
 */
static int
lock_down(const struct builder *b)
{
	const struct sandbox_config *sandbox = &b->config->sandbox;

	if (sandbox->mode == SANDBOX_OFF)
		return 0;
	if (ranks_keep() == -1 || limits_set(sandbox) == -1)
		return -1;
	if (b->scoped && !sandbox_scope())
		return -1;
	if (sandbox_seccomp(sandbox->net) == -1)
		return sandbox->mode == SANDBOX_STRICT ? -1 : 0;
	return 0;
}

_Noreturn static void
become_build(const struct builder *b, char **environment)
{
	char *argv[] = { (char *)"sh", (char *)"-c", (char *)b->config->build, NULL };

	setsid();
	cgroup_enter(&b->group);
	limits_yield(&b->config->sandbox, &b->group);
	if (take_descriptors() == -1)
		_exit(CANNOT_START);
	signal(SIGPIPE, SIG_DFL);
	if (lock_down(b) == -1) {
		dprintf(2, "cannot set up the sandbox: %s\n", strerror(errno));
		_exit(CANNOT_START);
	}
	inherited_restore();
	execve("/bin/sh", argv, environment);
	dprintf(2, "cannot run /bin/sh: %s\n", strerror(errno));
	_exit(CANNOT_START);
}

static int
start(struct builder *b)
{
	char **environment = variables(b);

	if ((b->pid = fork()) == 0)
		become_build(b, environment);
	if (b->pid == -1) {
		snprintf(b->why, sizeof(b->why), "cannot start it: %s", strerror(errno));
		return -1;
	}
	return 0;
}

static void
reap(struct builder *b)
{
	struct signalfd_siginfo info;
	int status;
	pid_t pid;

	while (read(b->signals, &info, sizeof(info)) == sizeof(info))
		if (info.ssi_signo != SIGCHLD)
			b->abandoned = true;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (pid == b->pid) {
			b->status = status;
			b->ended = true;
		}
}

/* The watcher says nothing on this channel; it closes it. */
static void
listen_to_watcher(struct builder *b)
{
	struct message m;
	int fd = -1;

	if (wire_receive(ROLE_CHANNEL, &m, &fd) == 0)
		b->abandoned = true;
	fd_close(&fd);
}

static void
check_usage(struct builder *b, msec now)
{
	if (now >= b->lookout.at && b->config->sandbox.mode != SANDBOX_OFF)
		lookout_look(&b->lookout, now, b->why, sizeof(b->why));
}

static void
hold_back(struct builder *b, msec now)
{
	int signal = brake_step(&b->brake, now);

	if (signal != 0)
		cage_signal(signal);
}

static void
check_time(struct builder *b, msec now)
{
	char limit[32];

	if (now < b->deadline)
		return;
	text_duration_print(limit, sizeof(limit), b->config->build_timeout);
	snprintf(b->why, sizeof(b->why), "it took longer than %s (BATON_BUILD_TIMEOUT)", limit);
}

static msec
next_look(const struct builder *b)
{
	msec at = b->deadline;

	if (b->config->sandbox.mode != SANDBOX_OFF && b->lookout.at < at)
		at = b->lookout.at;
	return b->brake.at < at ? b->brake.at : at;
}

static void
wait_for_end(struct builder *b)
{
	struct pollfd p[] = {
		{ .fd = b->signals, .events = POLLIN },
		{ .fd = ROLE_CHANNEL, .events = POLLIN },
	};
	msec now;

	while (!b->ended && !b->abandoned && *b->why == '\0') {
		poll(p, 2, clock_patience(next_look(b), clock_now()));
		if (p[0].revents != 0)
			reap(b);
		if (p[1].revents != 0)
			listen_to_watcher(b);
		if (b->ended)
			return;
		now = clock_now();
		hold_back(b, now);
		check_usage(b, now);
		check_time(b, now);
	}
}

static void
judge(struct builder *b)
{
	if (*b->why != '\0' || b->abandoned || (b->config->sandbox.mode != SANDBOX_OFF &&
	    lookout_last(&b->lookout, b->status != 0, b->why, sizeof(b->why))))
		return;
	if (WIFSIGNALED(b->status))
		snprintf(b->why, sizeof(b->why), "killed by signal %d (%s)", WTERMSIG(b->status),
		    strsignal(WTERMSIG(b->status)));
	else if (WEXITSTATUS(b->status) != 0)
		snprintf(b->why, sizeof(b->why), "exit status %d", WEXITSTATUS(b->status));
}

static int
answer(const struct builder *b)
{
	struct message m = { .type = MESSAGE_BUILD_FAILED, .release = b->number, .code = b->status };

	if (*b->why == '\0')
		return b->abandoned;
	text_copy(m.text, sizeof(m.text), b->why);
	if (wire_send(ROLE_CHANNEL, &m, -1) == -1 && !b->abandoned)
		log_line(LOG_WARNING, "build %d: %s", b->number, b->why);
	if (b->ended && WIFEXITED(b->status) && WEXITSTATUS(b->status) != 0)
		return WEXITSTATUS(b->status);
	return b->ended && WIFSIGNALED(b->status) ? 128 + WTERMSIG(b->status) : 1;
}

/* Its cgroup is opened while that is not forbidden yet. */
static void
open_group(struct builder *b, const char *group)
{
	cgroup_init(&b->group);
	if (group == NULL || b->config->sandbox.mode == SANDBOX_OFF)
		return;
	cgroup_parse(&b->group, group);
	cgroup_open(&b->group);
}

/* Where all of the build can be stopped at once, and no cgroup has its quota. */
static void
begin_brake(struct builder *b, msec now)
{
	bool needed = b->scoped && b->group.path[CGROUP_CPU][0] == '\0';

	brake_begin(&b->brake, needed ? limits_cpu(&b->config->sandbox) : 0, now);
}

static void
run(struct builder *b)
{
	msec now = clock_now();

	b->deadline = now + b->config->build_timeout;
	lookout_open(&b->lookout, &b->config->sandbox, &b->group, b->out, b->temporary, now);
	begin_brake(b, now);
	if (start(b) == 0)
		wait_for_end(b);
	pace_end(&b->group);
	cgroup_kill(&b->group);
	cage_empty();
	judge(b);
	lookout_close(&b->lookout);
}

/* What failed is of no use. It may be a million files, and the watcher is not to stand still for them. */
static void
clear(const struct builder *b)
{
	if (*b->why == '\0' && !b->abandoned)
		return;
	limits_yield(&b->config->sandbox, &b->group);
	files_remove(b->out);
	files_remove(b->temporary);
}

int
build_run(const struct watch_config *config, int number, const char *group)
{
	struct builder b = { .config = config, .number = number, .signals = -1 };
	int status;

	fd_nonblock(ROLE_CHANNEL, 1);
	open_group(&b, group);
	if (prepare(&b) == -1 || enter_fence(&b) == -1)
		return answer(&b);
	if ((b.signals = open_signals()) == -1)
		snprintf(b.why, sizeof(b.why), "cannot wait for it: %s", strerror(errno));
	else
		run(&b);
	status = answer(&b);
	clear(&b);
	return status;
}

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
#include "base/proc.h"
#include "base/role.h"
#include "base/sandbox.h"
#include "base/screen.h"
#include "base/text.h"
#include "base/trap.h"
#include "base/wire.h"
#include "watcher/answers.h"
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
	bool scoped, modes;	/* modes: chmod and the like of the build come to us */
	int signals;
	int from_build;		/* brings answers.notify, -1: it has come, or never will */
	int calls;		/* N.calls, with SANDBOX_LEARN */
	struct answers answers;
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

/* Before the fence, which has only what the build may write. */
static void
open_calls(struct builder *b)
{
	char path[PATH_MAX];

	if (b->config->sandbox.mode == SANDBOX_LEARN &&
	    store_file(path, sizeof(path), b->config->releases, "", b->number, ".calls") == 0)
		b->calls = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
}

static int
enter_fence(struct builder *b)
{
	int scoped = fence_build(b->config, b->out, b->temporary, &b->answers.places, b->why,
	    sizeof(b->why));

	if (scoped == -1)
		return -1;
	b->scoped = scoped == 1;
	if (b->config->sandbox.mode != SANDBOX_OFF) {
		sandbox_keep_capabilities(SANDBOX_KEEP_OVERRIDE | SANDBOX_KEEP_OWNER);
		b->modes = screen_can_hear() && proc_is_ours();
	}
	if (b->config->sandbox.mode == SANDBOX_STRICT && !b->modes) {
		text_copy(b->why, sizeof(b->why), "BATON_SANDBOX=strict, and here is no /proc to "
		    "answer chmod and the like by");
		return -1;
	}
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
	struct stat st;

	/* git wants a project to be its user's own, or to be told */
	set.foreign = stat(".", &st) == 0 && st.st_uid != geteuid();
	/* a home that cannot be read is worse than an empty one */
	if (home == NULL || !fence_sees_home(b->config, home))
		set.home = b->temporary;
	return variables_new(&b->config->sandbox, &set, environ);
}

enum { TO_BUILDER = 3 };

/* 0, 1 and 2 for the build, and until the exec our way to the builder; all others stay there. */
static int
take_descriptors(int to_builder)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null == -1 || dup2(null, 0) == -1 || dup2(ROLE_EXTRA, 1) == -1 ||
	    dup2(ROLE_EXTRA, 2) == -1)
		return -1;
	if (to_builder != TO_BUILDER && dup3(to_builder, TO_BUILDER, O_CLOEXEC) == -1)
		return -1;
	fd_close_from(TO_BUILDER + 1);
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
	sandbox_keep_capabilities(SANDBOX_KEEP_OVERRIDE);
	if (b->scoped && !sandbox_scope())
		return -1;
	if (sandbox_seccomp(sandbox->net) == -1)
		return sandbox->mode == SANDBOX_STRICT ? -1 : 0;
	return 0;
}

/*
 * From here on calls may wait for the builder, who must hear of it first: so nothing stands between
 * this and exec but one message, which the filter lets through.
 */
static int
hand_over_calls(const struct builder *b)
{
	const struct message m = { .type = MESSAGE_FILTER };
	enum sandbox_mode mode = b->config->sandbox.mode;
	static struct screen screen;
	int notify = -1;

	if (!answers_wanted(mode, b->modes))
		return 0;
	answers_screen(&screen, mode, b->modes);
	if (screen_load(&screen, &notify) == -1) {
		if (mode != SANDBOX_ON)
			return -1;
		dprintf(2, "baton: modes and times of the live release are not held: %s\n",
		    strerror(errno));
		return 0;
	}
	return notify == -1 ? 0 : wire_send(TO_BUILDER, &m, notify);
}

_Noreturn static void
become_build(const struct builder *b, char **environment, int to_builder)
{
	char *argv[] = { (char *)"sh", (char *)"-c", (char *)b->config->build, NULL };

	setsid();
	cgroup_enter(&b->group);
	limits_yield(&b->config->sandbox, &b->group);
	if (take_descriptors(to_builder) == -1)
		_exit(CANNOT_START);
	signal(SIGPIPE, SIG_DFL);
	if (lock_down(b) == -1) {
		dprintf(2, "cannot set up the sandbox: %s\n", strerror(errno));
		_exit(CANNOT_START);
	}
	inherited_restore();
	if (hand_over_calls(b) == -1) {
		dprintf(2, "cannot set up the sandbox: %s\n", strerror(errno));
		_exit(CANNOT_START);
	}
	execve("/bin/sh", argv, environment);
	dprintf(2, "cannot run /bin/sh: %s\n", strerror(errno));
	_exit(CANNOT_START);
}

static int
start(struct builder *b)
{
	char **environment = variables(b);
	int ends[2] = { -1, -1 };

	if (wire_pair(ends) == -1 || (b->pid = fork()) == -1) {
		snprintf(b->why, sizeof(b->why), "cannot start it: %s", strerror(errno));
		fd_close(&ends[0]);
		fd_close(&ends[1]);
		return -1;
	}
	if (b->pid == 0)
		become_build(b, environment, ends[1]);
	fd_close(&ends[1]);
	b->from_build = ends[0];
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

/* It closes with the exec at the latest. */
static void
listen_to_build(struct builder *b)
{
	struct message m;
	int fd = -1, got = wire_receive(b->from_build, &m, &fd);

	if (got == 1 && m.type == MESSAGE_FILTER)
		b->answers.notify = fd;
	if (b->answers.notify != -1)
		trap_take_turns(b->answers.notify);
	if (got == 1 || errno != EAGAIN)
		fd_close(&b->from_build);
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
		{ .events = POLLIN },
		{ .events = POLLIN },
	};
	msec now;

	while (!b->ended && !b->abandoned && *b->why == '\0') {
		p[2].fd = b->from_build;
		p[3].fd = b->answers.notify;
		poll(p, 4, clock_patience(next_look(b), clock_now()));
		if (p[3].revents != 0)
			answers_give(&b->answers);
		if (p[2].revents != 0)
			listen_to_build(b);
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

/* What was learnt is said where the build speaks, and kept beside its log. */
static void
tell_calls(const struct builder *b)
{
	char line[1200];

	if (b->config->sandbox.mode != SANDBOX_LEARN)
		return;
	answers_say(&b->answers, line, sizeof(line));
	dprintf(ROLE_EXTRA, "%s\n", line);
	if (b->calls != -1)
		answers_write(&b->answers, b->calls);
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
	tell_calls(b);
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
	struct builder b = { .config = config, .number = number, .signals = -1,
		.from_build = -1, .calls = -1, .answers = { .notify = -1 } };
	int status;

	fd_nonblock(ROLE_CHANNEL, 1);
	open_group(&b, group);
	open_calls(&b);
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

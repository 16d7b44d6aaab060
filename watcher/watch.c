/* watch.c - the role *watch*: one poll, one deadline. */
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/role.h"
#include "base/text.h"
#include "base/wire.h"
#include "watcher/cgroup.h"
#include "watcher/changes.h"
#include "watcher/fence.h"
#include "watcher/intent.h"
#include "watcher/job.h"
#include "watcher/limits.h"
#include "watcher/outbox.h"
#include "watcher/patterns.h"
#include "watcher/release.h"
#include "watcher/sight.h"
#include "watcher/store.h"
#include "watcher/warden.h"
#include "watcher/watch.h"

/* Reads of inotify in one turn, and at the end of a build. */
enum { MOST_READS = 16, MOST_READS_AT_END = 1024 };

/* The newest builds that are looked at for one that has a log. */
enum { MOST_LOGS = 1000 };

enum polled {
	POLL_CHANNEL, POLL_SIGNALS, POLL_SIGHT, POLL_MOUNTS, POLL_OUTPUT, POLL_BUILDER, POLL_WARDEN,
	POLLS
};

struct watch {
	const struct watch_config *config;
	struct release_rules rules;
	struct release release;
	struct changes *changes;
	struct sight *sight;
	struct outbox outbox;
	struct job job;
	struct cgroup group;		/* that builds run in */
	int signals, warden;	/* warden: a channel, -1 without builds */
	bool ending, lost;		/* lost: not as anybody wanted */
	bool noticed;			/* something changed that is not judged yet */
	msec judge_at;			/* what changed while a build runs, CLOCK_NEVER: nothing */
	int32_t live;			/* as init told us ... */
	char in_use[MESSAGE_TEXT];	/* ... and all that must stay */
	char trigger[MESSAGE_TEXT];	/* of the next build, "" if it is a change */
	struct intent intent;		/* of what changed, and was asked for */
};

static void step(struct watch *w, enum release_event event);

/* What patterns are matched against: as it is, but below its root where that is absolute. */
static const char *
below_root(const struct watch_config *config, const char *path)
{
	const char *root = config->roots;
	size_t length;

	for (; *path == '/' && root != NULL; root = root[length] != '\0' ? root + length + 1 : NULL) {
		length = strcspn(root, ":");
		if (strncmp(path, root, length) == 0 && path[length] == '/')
			return path + length + 1;
	}
	return path;
}

/*
 * While a build runs, changes wait for its end to be judged: it may have made them itself. Where a
 * change is to end it, they cannot wait. And one that is taken back before the end has been seen by
 * the build, perhaps: so they are looked at as well when it has been quiet for a while, when no build
 * is in the middle of writing the same again.
 */
static void
on_change(void *with, const char *path, enum change change)
{
	struct watch *w = with;

	changes_add(w->changes, path, change);
	w->noticed = true;
	intent_change(&w->intent, patterns_cover(w->config->reload_only, below_root(w->config, path)));
}

static void
judge_changes(struct watch *w)
{
	bool running = w->job.running;

	if (!w->noticed)
		return;
	if (running && !w->rules.busy_restart) {
		w->judge_at = clock_now() + w->rules.delay;
		return;
	}
	w->noticed = false;
	if (!running || changes_judge(w->changes) > 0)
		step(w, RELEASE_CHANGED);
}

static void
see(struct watch *w)
{
	int reads;

	for (reads = 0; reads < MOST_READS && sight_read(w->sight); reads++)
		;
	judge_changes(w);
}

static void
tell_reload(struct watch *w)
{
	const struct message m = { .type = MESSAGE_BUILT };

	outbox_send(&w->outbox, &m, -1);
}

/* Without a build there is nothing to wait for: the change itself is the news. */
static void
reload(struct watch *w)
{
	char none[] = "/dev/null";

	changes_take(w->changes, none);
	log_line(LOG_INFO, "the sources changed: reloading");
	tell_reload(w);
	step(w, RELEASE_ENDED);
}

/* Not before PID 1 has said what must stay: a watcher that is started again knows nothing. */
static void
prune(const struct watch *w)
{
	if (w->in_use[0] != '\0')
		store_prune(w->config->releases, w->config->keep, w->live, w->in_use);
}

/* A builder that was killed has not failed, and one that we ended was not asked. */
static enum intent_result
result_of(const struct watch *w, enum message_type type, int status)
{
	if (w->job.dropped || WIFSIGNALED(status))
		return INTENT_LOST;
	return type == MESSAGE_BUILT ? INTENT_BUILT : type == MESSAGE_BUILD_SAME ? INTENT_SAME :
	    INTENT_FAILED;
}

static void
finish(struct watch *w, int status)
{
	enum intent_result result;
	struct message m;
	int fd, reads;

	job_finish(&w->job, w->config, w->live, status, &m, &fd);
	outbox_send(&w->outbox, &m, fd);
	result = result_of(w, (enum message_type)m.type, status);
	if (intent_end(&w->intent, result))
		tell_reload(w);
	prune(w);
	/* what it wrote is all told by now: take it before it is judged */
	for (reads = 0; reads < MOST_READS_AT_END && sight_read(w->sight); reads++)
		;
	w->noticed = false;
	w->judge_at = CLOCK_NEVER;
	if (changes_judge(w->changes) > 0)
		intent_doubt(&w->intent);
	if (w->intent.again && result != INTENT_LOST)
		step(w, RELEASE_CHANGED);
	intent_nothing(&w->intent);
	step(w, result == INTENT_LOST && !w->job.dropped ? RELEASE_LOST : RELEASE_ENDED);
}

static void
build(struct watch *w)
{
	const char *trigger = *w->trigger != '\0' ? w->trigger : "change";
	struct message m = { .type = MESSAGE_BUILD_STARTED };
	char path[PATH_MAX];
	int32_t told;

	if (intent_begin(&w->intent, w->config->build != NULL, &told) == INTENT_RELOAD) {
		reload(w);
		return;
	}
	job_begin(&w->job, w->config, trigger);
	w->job.told = told;
	log_line(LOG_INFO, "build %" PRId32 ": started (%s, %zu changed)", w->job.record.number,
	    trigger, changes_count(w->changes));
	*w->trigger = '\0';
	m.release = w->job.record.number;
	text_copy(m.text, sizeof(m.text), w->job.record.trigger);
	outbox_send(&w->outbox, &m, output_reader(w->config->releases, m.release, true));
	if (w->job.record.result == RECORD_UNKNOWN &&
	    (store_file(path, sizeof(path), w->config->releases, ".", m.release, ".changed") == -1 ||
	    changes_take(w->changes, path) == -1))
		job_refuse(&w->job, "cannot write what changed");
	if (job_start(&w->job, w->config, w->warden) == -1)
		finish(w, 0);
}

static void
step(struct watch *w, enum release_event event)
{
	int loops = w->release.loops;

	switch (release_step(&w->release, &w->rules, event, clock_now())) {
	case RELEASE_STAY:
		break;
	case RELEASE_BUILD:
		build(w);
		break;
	case RELEASE_END:
		job_end(&w->job);
		break;
	}
	if (w->release.loops > loops && w->release.loops == RELEASE_LOOPS + 1)
		log_line(LOG_WARNING, "each build changes what is watched, and so starts the next: "
		    "see BATON_WATCH_IGNORE; waiting longer between them");
}

/* Of the one that runs, or of the newest that has written anything. */
static int
find_log(const struct watch *w, int32_t *number)
{
	int fd = -1, tries;

	if (*number == 0 && w->job.running)
		*number = w->job.record.number;
	if (*number != 0)
		return output_reader(w->config->releases, *number, false);
	*number = store_next(w->config->releases);
	for (tries = 0; tries < MOST_LOGS && fd == -1 && *number > 1; tries++)
		fd = output_reader(w->config->releases, --*number, false);
	return fd;
}

static void
show_log(struct watch *w, const struct message *asked)
{
	struct message m = { .type = MESSAGE_LOG, .serial = asked->serial };
	int fd;

	m.release = asked->release;
	fd = find_log(w, &m.release);
	m.value = w->job.running && m.release == w->job.record.number;
	if (fd == -1 && asked->release == 0)
		text_copy(m.text, sizeof(m.text), "no build was logged yet");
	else if (fd == -1)
		snprintf(m.text, sizeof(m.text), "no log of build %" PRId32 ": %s", m.release,
		    strerror(errno));
	outbox_send(&w->outbox, &m, fd);
}

static void
on_message(struct watch *w, const struct message *m)
{
	if (m->type == MESSAGE_SHOW_LOG) {
		show_log(w, m);
	} else if (m->type == MESSAGE_BUILD) {
		intent_ask(&w->intent, m->code == 1, m->release, w->config->reload_only != NULL);
		text_copy(w->trigger, sizeof(w->trigger), *m->text != '\0' ? m->text : "request");
		step(w, RELEASE_ASKED);
	} else if (m->type == MESSAGE_IN_USE) {
		w->live = m->release;
		text_copy(w->in_use, sizeof(w->in_use), m->text);
		prune(w);
	}
}

static void
hear(struct watch *w)
{
	struct message m;
	int fd = -1, got = wire_receive(ROLE_CHANNEL, &m, &fd);

	fd_close(&fd);
	if (got == 0 || (got == -1 && errno != EAGAIN))
		w->ending = true;
	if (got == 1)
		on_message(w, &m);
}

/* Without a warden there are no builds: whoever started us does so again. */
static void
hear_warden(struct watch *w)
{
	int status, got = warden_ended(w->warden, &status);

	if (got == 1 && w->job.running)
		finish(w, status);
	if (got != -1)
		return;
	log_line(LOG_ERROR, "the warden of builds ended");
	w->ending = w->lost = true;
}

static void
take_signals(struct watch *w)
{
	struct signalfd_siginfo info;

	while (read(w->signals, &info, sizeof(info)) == sizeof(info))
		if (info.ssi_signo != SIGCHLD)
			w->ending = true;
	/* the warden says by its channel that it is gone, a helper by what it was to do */
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

static msec
deadline(const struct watch *w)
{
	msec build_at = release_deadline(&w->release, &w->rules);
	msec look_at = sight_deadline(w->sight);

	if (w->judge_at < build_at)
		build_at = w->judge_at;
	return build_at < look_at ? build_at : look_at;
}

/*
 * It has been quiet for the delay. A running build that is to end was judged when the change came;
 * otherwise now is the time to read what changed, once.
 */
static enum release_event
decide(struct watch *w, msec now)
{
	msec most = w->rules.delay * RELEASE_DELAYS;

	if (release_state(&w->release) != RELEASE_WAITING)
		return RELEASE_TIME;
	if (release_may_hold(&w->release, &w->rules, now) && sight_held(w->sight, most))
		return RELEASE_HELD;
	if (changes_judge(w->changes) > 0 || w->intent.again)
		return RELEASE_TIME;
	intent_nothing(&w->intent);
	return RELEASE_SAME;
}

static void
keep_time(struct watch *w)
{
	msec now = clock_now();

	if (now >= sight_deadline(w->sight)) {
		sight_time(w->sight, now);
		judge_changes(w);
	}
	if (now >= w->judge_at) {
		w->judge_at = CLOCK_NEVER;
		w->noticed = false;
		if (changes_judge(w->changes) > 0)
			intent_doubt(&w->intent);
	}
	if (now >= release_deadline(&w->release, &w->rules))
		step(w, decide(w, now));
}

/* A builder that says nothing more is waited for by its end, not by its pipe's. */
static void
drain_output(struct watch *w)
{
	if (output_read(&w->job.output) == 0)
		fd_close(&w->job.output.pipe);
}

static void
turn(struct watch *w)
{
	struct pollfd p[POLLS] = {
		[POLL_CHANNEL] = { .fd = ROLE_CHANNEL, .events = POLLIN },
		[POLL_SIGNALS] = { .fd = w->signals, .events = POLLIN },
		[POLL_SIGHT] = { .fd = sight_descriptor(w->sight), .events = POLLIN },
		[POLL_MOUNTS] = { .fd = sight_mounts(w->sight), .events = POLLPRI },
		[POLL_OUTPUT] = { .fd = w->job.output.pipe, .events = POLLIN },
		[POLL_BUILDER] = { .fd = w->job.channel, .events = POLLIN },
		[POLL_WARDEN] = { .fd = w->warden, .events = POLLIN },
	};

	if (outbox_waits(&w->outbox))
		p[POLL_CHANNEL].events |= POLLOUT;
	if (poll(p, POLLS, clock_patience(deadline(w), clock_now())) == -1)
		return;
	if (p[POLL_CHANNEL].revents & POLLOUT)
		outbox_flush(&w->outbox);
	if (p[POLL_OUTPUT].revents != 0)
		drain_output(w);
	if (p[POLL_BUILDER].revents != 0)
		job_receive(&w->job);
	if (p[POLL_WARDEN].revents != 0)
		hear_warden(w);
	if (p[POLL_SIGHT].revents != 0)
		see(w);
	if (p[POLL_MOUNTS].revents != 0)
		sight_doubt(w->sight);
	if (p[POLL_CHANNEL].revents & ~POLLOUT)
		hear(w);
	if (p[POLL_SIGNALS].revents != 0)
		take_signals(w);
	keep_time(w);
}

static int
block_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

static void
close_down(struct watch *w)
{
	struct pollfd p = { .fd = w->warden, .events = POLLIN };
	struct message m;
	int fd = -1, status = 0;

	if (!w->job.running)
		return;
	job_end(&w->job);
	while (warden_ended(w->warden, &status) == 0)
		poll(&p, 1, -1);
	job_finish(&w->job, w->config, w->live, status, &m, &fd);
	fd_close(&fd);
}

static void
begin(struct watch *w)
{
	enum build_start when = w->config->build_on_start;
	char seen[96];

	sight_summary(w->sight, seen, sizeof(seen));
	if (w->config->roots != NULL)
		log_line(LOG_INFO, "watching %s: %s", w->config->roots, seen);
	if (w->config->build == NULL || when == BUILD_START_OFF ||
	    (when == BUILD_START_AUTO && w->live != 0))
		return;
	text_copy(w->trigger, sizeof(w->trigger), "start");
	intent_ask(&w->intent, false, 0, false);
	step(w, RELEASE_ASKED);
}

int
watch_run(const struct watch_config *config)
{
	struct watch w = {
		.config = config, .live = config->live_release, .judge_at = CLOCK_NEVER,
		.warden = -1,
		.rules = { .delay = config->delay, .busy_restart = config->busy_restart },
	};
	int score;

	fd_nonblock(ROLE_CHANNEL, 1);
	/* to tell of changes nothing need be written */
	if (config->build != NULL && store_prepare(config->releases) == -1) {
		log_line(LOG_ERROR, "cannot make %s: %s", config->releases, strerror(errno));
		return 1;
	}
	if ((w.signals = block_signals()) == -1) {
		log_line(LOG_ERROR, "cannot watch: %s", strerror(errno));
		return 1;
	}
	score = limits_go_early();
	fd_close(&score);
	limits_prepare(&w.group, &config->sandbox, config->build != NULL);
	if (config->build != NULL && (w.warden = warden_start(config, &w.group)) == -1) {
		log_line(LOG_ERROR, "cannot start the warden of builds: %s", strerror(errno));
		return 1;
	}
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	fence_watcher(config, &w.group);
	release_init(&w.release);
	job_init(&w.job);
	outbox_init(&w.outbox, ROLE_CHANNEL);
	w.sight = sight_open(config, on_change, &w);
	w.changes = changes_new(sight_tree(w.sight));
	begin(&w);
	while (!w.ending)
		turn(&w);
	close_down(&w);
	cgroup_remove(&w.group);
	changes_free(w.changes);
	sight_close(w.sight);
	return w.lost;
}

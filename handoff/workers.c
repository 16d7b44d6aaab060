/* workers.c - start workers, hear of their beginning, bury them, start them again. */
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/text.h"
#include "base/wire.h"
#include "handoff/environment.h"
#include "handoff/keep.h"
#include "handoff/launch.h"
#include "handoff/outcome.h"
#include "handoff/remote.h"
#include "handoff/weight.h"

extern char **environ;

enum {
	FORK_RETRY_MS = 1000, US = 1000,
	BACKGROUND_MS = 10000,		/* who ends later than that after its start has ended */
};

/*
 * No process or no memory for one: while the generation serves, that is no reason to end those of
 * its workers that run.
 */
static void
cannot_start(struct keeper *k, int index)
{
	char why[MESSAGE_TEXT];

	if (k->promoted) {
		log_line(LOG_ERROR, "generation %u: worker %d cannot be started: %m; next try in 1s",
		    k->config->serial, index);
		k->workers[index].start_at = clock_now() + FORK_RETRY_MS;
		return;
	}
	snprintf(why, sizeof(why), "worker %d cannot be started: %s", index, strerror(errno));
	k->not_run = true;
	leave_failed(k, 1 << 8, why);
}

static char **
environment_for(const struct keeper *k, int index, int slots, int count)
{
	static char names[GIVEN_MOST * NOTICE_NAME];
	struct given_slot addresses[KEEP_LISTENERS];
	struct identity who = { k->config->serial, k->config->release, index,
		k->notify != -1 ? k->notify_name : NULL, count, names,
		k->fetch != -1 ? k->fetch_name : NULL, k->config->watchdog * US,
		k->config->adopt, addresses, slots, getpid() };

	given_names(k, index, slots, names, sizeof(names));
	given_addresses(k, index, addresses);
	return environment_of_worker(environ, &who);
}

void
workers_start_one(struct keeper *k, int index)
{
	struct worker *w = &k->workers[index];
	int fds[GIVEN_MOST], slots;
	int count = given_all(k, index, given_by_environment(k), fds, &slots);
	char **environment = environment_for(k, index, slots, count);
	struct launch l = { k->config->adopt, calls_traps(k), k->config->directory, fds,
		count, k->tail.pipe[1], terminal_offered(k, index), environment, k->command };

	w->start_at = w->end_at = CLOCK_NEVER;
	w->started = clock_now();
	w->not_run[0] = '\0';
	w->bound = w->ready = w->signalled = w->refused = false;
	voice_begin(k, index);
	watchdog_begin(k, index);
	k->terminal = index == 0 ? l.terminal : k->terminal;
	w->pid = launch_start(&l, &w->channel);
	environment_free(environment);
	if (w->pid == -1) {
		w->pid = 0;
		cannot_start(k, index);
		return;
	}
	keep_tell(k, MESSAGE_WORKER_UP, index, w->pid, "", -1);
	watchdog_look(k, index);
	/* its siblings bind, and so will this one: it is not there before that */
	if (slots > 0 && !k->injected)
		keep_tell(k, MESSAGE_ADOPTED, ADOPTED_ENV, w->pid, "", -1);
}

void
workers_announce(struct keeper *k)
{
	if (!k->announced)
		keep_tell(k, MESSAGE_ANNOUNCED, k->order, 0, "", -1);
	k->announced = true;
}

void
workers_start(struct keeper *k)
{
	int i;

	k->phase = KEEP_RUNNING;
	for (i = k->first; i < k->end && k->phase == KEEP_RUNNING; i++)
		workers_start_one(k, i);
	if ((k->config->announce || !k->config->learn) && k->phase == KEEP_RUNNING)
		workers_announce(k);
}

int
workers_running(const struct keeper *k)
{
	int i, count = 0;

	for (i = 0; i < k->config->workers; i++)
		count += k->workers[i].pid != 0;
	return count;
}

/* --- the end of one --------------------------------------------------------------------------- */

static void
how_it_ended(char *to, size_t size, const struct worker *w, int status)
{
	if (w->not_run[0] != '\0')
		text_copy(to, size, w->not_run);
	else if (WIFSIGNALED(status))
		snprintf(to, size, "killed by SIG%s", sigabbrev_np(WTERMSIG(status)) != NULL ?
		    sigabbrev_np(WTERMSIG(status)) : "RT");
	else
		snprintf(to, size, "ended with exit code %d", WEXITSTATUS(status));
	if (w->not_run[0] == '\0' && w->reason[0] != '\0')
		text_append(to, size, ": %s", w->reason);
}

void
workers_weigh(struct keeper *k)
{
	enum { WEIGH_MS = 2000 };
	int64_t sum = 0;
	int i;

	k->weigh_at = CLOCK_NEVER;
	if (k->phase != KEEP_RUNNING)
		return;
	for (i = 0; i < k->config->workers; i++)
		if (k->workers[i].pid != 0)
			sum += weight_of(k->workers[i].pid);
	if (sum > k->config->memory)
		keep_tell(k, MESSAGE_HEAVY, 0, sum, "", -1);
	k->weigh_at = clock_now() + WEIGH_MS;
}

bool
workers_are_plain(const struct keeper *k)
{
	return k->config->learn && k->slot_count == 0 && !k->config->restart_plain;
}

static bool
is_restarted(const struct keeper *k, const struct worker *w, int status)
{
	const struct keeper_config *c = k->config;
	int code = outcome_code(status);

	/* somebody at its terminal pressed ^C or ^\ */
	if (k->terminal != -1 && (code == 128 + SIGINT || code == 128 + SIGQUIT))
		return false;
	if (workers_are_plain(k))
		return false;
	return c->restart == RESTART_ALWAYS ||
	    (c->restart == RESTART_ON_FAILURE &&
	    (w->watchdog.bit || !outcome_succeeded(c->exit_ok, code)));
}

static bool
none_left(const struct keeper *k)
{
	int i;

	for (i = 0; i < k->config->workers; i++)
		if (k->workers[i].pid != 0 || k->workers[i].start_at != CLOCK_NEVER)
			return false;
	return true;
}

static void
start_again(struct keeper *k, int index, pid_t pid, int status, const char *how)
{
	struct worker *w = &k->workers[index];
	msec now = clock_now();
	char why[MESSAGE_TEXT], wait[32], window[32];

	w->start_at = restart_after(&w->restart, &k->config->restart_policy, now - w->started,
	    (uint32_t)rand(), now);
	if (w->start_at == CLOCK_NEVER) {
		text_duration_print(window, sizeof(window), k->config->restart_policy.window);
		snprintf(why, sizeof(why), "worker %d %.40s, %d ends within %.16s: given up", index,
		    how, w->restart.ends, window);
		leave_failed(k, status, why);
		return;
	}
	text_duration_print(wait, sizeof(wait), w->start_at - now);
	log_line(LOG_WARNING, "generation %u: worker %d (pid %d) %s, end %d in a row; started again "
	    "in %s", k->config->serial, index, (int)pid, how, w->restart.in_a_row, wait);
}

/*
 * A server that forks into the background ends well, soon after its start, and its child serves on.
 * The filter is inherited, so that its binds come on as before.
 */
static bool
went_to_background(struct keeper *k, int index, int status)
{
	struct worker *w = &k->workers[index];
	bool begins = !k->promoted || clock_now() - w->started < BACKGROUND_MS;
	pid_t heir;

	if (status != 0 || k->phase != KEEP_RUNNING || !begins || workers_are_plain(k) ||
	    (heir = background_heir(k, index)) == 0)
		return false;
	log_line(LOG_DEBUG, "generation %u: worker %d (pid %d) went to the background, and is pid "
	    "%d now", k->config->serial, index, (int)w->pid, (int)heir);
	if (index == 0)
		terminal_give_back(k);
	w->pid = heir;
	keep_tell(k, MESSAGE_WORKER_UP, index, heir, "", -1);
	return true;
}

/* One of the workers that are to run, in a generation that serves in part and may serve. */
static bool
fell(const struct keeper *k, int index)
{
	return k->phase == KEEP_RUNNING && k->order != 0 && !k->promoted && places_has(k, index);
}

static void
say_fell(struct keeper *k, int index, int status, const char *how)
{
	char why[MESSAGE_TEXT];

	snprintf(why, sizeof(why), "worker %d %.70s", index, how);
	leave_fell(k, status, why);
}

static void
ended(struct keeper *k, int index, int status)
{
	struct worker *w = &k->workers[index];
	char how[MESSAGE_TEXT], why[MESSAGE_TEXT];
	pid_t pid = w->pid;

	if (w->channel != -1)		/* the exec may have failed: hear that first */
		workers_launch_says(k, index);
	fd_close(&w->channel);
	if (voice_goes_on(k, index) || went_to_background(k, index, status))
		return;
	fd_close(&w->notify);
	binds_forget(k, index);
	fetch_forget(k, index);
	w->watchdog.due = w->watchdog.kill_at = CLOCK_NEVER;
	how_it_ended(how, sizeof(how), w, status);
	if (fell(k, index))
		say_fell(k, index, status, how);
	keep_tell(k, MESSAGE_WORKER_DOWN, index, status, how, -1);
	if (k->phase == KEEP_ENDING)
		kill(-pid, SIGKILL);
	if (index == 0)
		terminal_give_back(k);
	w->pid = 0;
	k->status = outcome_code(status);
	k->not_run = w->not_run[0] != '\0';
	if (k->phase == KEEP_RUNNING && k->order != 0 && !(k->promoted && places_has(k, index)))
		places_gone(k);		/* PID 1 says what is next */
	else if (k->phase == KEEP_RUNNING && k->order != 0 && w->signalled)
		w->start_at = clock_now();	/* it had to go, and then it was to stay */
	else if (k->phase == KEEP_RUNNING && !k->promoted) {
		snprintf(why, sizeof(why), w->not_run[0] != '\0' ? "worker %d %.70s" :
		    k->status == 0 ? "worker %d %.40s before it was ready: did it go to the "
		    "background?" : "worker %d %.70s before it was ready", index, how);
		(workers_are_plain(k) ? leave_plain : leave_failed)(k, status,
		    w->not_run[0] != '\0' ? how : why);
	} else if (k->phase == KEEP_RUNNING && is_restarted(k, w, status))
		start_again(k, index, pid, status, how);
	if (k->phase != KEEP_ENDING && none_left(k))
		leave_end(k);
}

void
workers_reap(struct keeper *k)
{
	int status, i;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0) {
		if (WIFSTOPPED(status) && remote_caught(pid, status))
			continue;
		for (i = 0; i < k->config->workers; i++) {
			if (k->workers[i].pid != pid)
				continue;
			if (!WIFSTOPPED(status))
				ended(k, i, status);
			else if (k->phase != KEEP_ENDING)	/* not by us, to be killed */
				terminal_stopped(k, i, WSTOPSIG(status));
		}
	}
	if (k->phase == KEEP_ENDING && k->kill_at == 0)
		leave_kill(k);
	else if (k->phase == KEEP_ENDING)
		signals_ask_all(k);	/* somebody may have been forked, or lost its parent */
}

void
workers_due(struct keeper *k, msec now)
{
	int i;

	for (i = 0; i < k->config->workers; i++) {
		if (k->workers[i].start_at > now)
			continue;
		k->workers[i].start_at = CLOCK_NEVER;
		if (k->phase == KEEP_RUNNING)
			workers_start_one(k, i);
	}
}

msec
workers_deadline(const struct keeper *k)
{
	msec when = CLOCK_NEVER;
	int i;

	for (i = 0; i < k->config->workers; i++)
		if (k->workers[i].start_at < when)
			when = k->workers[i].start_at;
	return when;
}

/* --- what is heard of it ---------------------------------------------------------------------- */

static void
no_filter(const struct keeper *k, int code)
{
	static bool said;
	bool plain = k->config->learn && k->config->serial == 1;

	if (!said)
		log_line(plain ? LOG_DEBUG : LOG_WARNING, "generation %u: bind cannot be taken over "
		    "here (%s); only servers that know LISTEN_FDS get the sockets",
		    k->config->serial, strerror(code));
	said = true;
}

void
workers_launch_says(struct keeper *k, int index)
{
	struct worker *w = &k->workers[index];
	struct message m;
	int fd = -1, got;

	while ((got = wire_receive(w->channel, &m, &fd)) == 1) {
		if (m.type == MESSAGE_FILTER && w->notify == -1) {
			w->notify = fd;
			fd = -1;
		} else if (m.type == MESSAGE_NO_FILTER)
			no_filter(k, m.code);
		else if (m.type == MESSAGE_NOT_RUN)
			snprintf(w->not_run, sizeof(w->not_run), "%.70s: %s", m.text,
			    strerror(m.code));
		fd_close(&fd);
	}
	if (got == 0 || errno != EAGAIN)	/* the exec closed it */
		fd_close(&w->channel);
}

static pid_t
parent_of(pid_t pid)
{
	char path[32], text[512];
	const char *line;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	if (fd_read_text(AT_FDCWD, path, text, sizeof(text)) == -1 ||
	    (line = strstr(text, "\nPPid:")) == NULL)
		return 0;
	return (pid_t)strtol(line + strlen("\nPPid:"), NULL, 10);
}

/* Who lost its parent is a child of ours, but still of the process group of its worker. */
static int
worker_of_group(const struct keeper *k, pid_t group)
{
	int i;

	for (i = 0; i < k->config->workers; i++)
		if (group > 0 && k->workers[i].pid == group)
			return i;
	return DRAIN_NOBODY;
}

int
workers_of(const struct keeper *k, pid_t pid)
{
	enum { DEPTH_MOST = 32 };
	pid_t group = pid > 0 ? getpgid(pid) : -1;
	int i, depth;

	for (depth = 0; pid > 1 && depth < DEPTH_MOST; depth++, pid = parent_of(pid))
		for (i = 0; i < k->config->workers; i++)
			if (k->workers[i].pid == pid)
				return i;
	return worker_of_group(k, group);
}

void
workers_tell_ready(struct keeper *k)
{
	int i;

	for (i = k->first; i < k->end; i++)
		if (!k->workers[i].ready)
			return;
	if (!k->told_ready)
		keep_tell(k, MESSAGE_READY, k->order, 0, "", -1);
	k->told_ready = true;
}

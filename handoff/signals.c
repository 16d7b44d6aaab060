/* signals.c - how a keeper signals what is below it. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/descend.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/proc.h"
#include "handoff/keep.h"

/* A worker leads its own; one that went to the background may be in that of a parent which has ended. */
static pid_t
group_of(pid_t pid)
{
	pid_t group = getpgid(pid);

	return group > 0 && group != getpgrp() ? group : pid;
}

/* A worker that has become somebody else (setuid) may not be signalled: that is worth one line. */
static void
signal_one(struct keeper *k, int index, int signo)
{
	struct worker *w = &k->workers[index];

	if (w->pid == 0 || kill(k->config->signal_group ? -group_of(w->pid) :
	    voice_main(k, index), signo) == 0 ||
	    errno == ESRCH)
		return;
	if (!w->refused)
		log_line(LOG_WARNING, "generation %u: cannot send signal %d to worker %d (pid %d): "
		    "%m", k->config->serial, signo, index, (int)w->pid);
	w->refused = true;
}

void
signals_forward(struct keeper *k, int signo)
{
	int i;

	if (signo == SIGCONT && terminal_resume(k))
		return;
	for (i = 0; i < k->config->workers; i++)
		signal_one(k, i, signo);
}

/* "T" for a process that was stopped (proc(5), stat); its name may hold anything but ends with ')'. */
static bool
is_stopped(pid_t pid)
{
	char path[32], text[512];
	const char *end;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	return proc_is_ours() && fd_read_text(AT_FDCWD, path, text, sizeof(text)) > 0 &&
	    (end = strrchr(text, ')')) != NULL && strncmp(end, ") T", 3) == 0;
}

/* A stopped process hears a signal only when it goes on (signal(7)). */
void
signals_stop(struct keeper *k, int index)
{
	pid_t pid = voice_main(k, index);

	signal_one(k, index, k->stop_signal);
	if (pid != 0 && is_stopped(pid))
		signal_one(k, index, SIGCONT);
}

static bool
was_asked(struct keeper *k, pid_t pid)
{
	int i;

	for (i = 0; i < k->told_count; i++)
		if (k->told[i] == pid)
			return true;
	if (k->told_count == KEEP_TOLD)		/* too many to remember: asked with the first, or not */
		return k->told_all;
	k->told[k->told_count++] = pid;
	return false;
}

static void
ask_to_end(pid_t pid, int depth, void *with)
{
	if (depth == 0 || was_asked(with, pid))		/* the first is the keeper itself */
		return;
	kill(pid, SIGTERM);
	if (is_stopped(pid))
		kill(pid, SIGCONT);
}

void
signals_ask_all(struct keeper *k)
{
	if (!keep_is_alone() && proc_is_ours())
		descend("/proc", getpid(), ask_to_end, k);
	k->told_all = true;
}

struct sweep {
	int signo, met;
};

static void
send_below(pid_t pid, int depth, void *with)
{
	struct sweep *sweep = with;

	if (depth > 0 && kill(pid, sweep->signo) == 0)
		sweep->met++;
}

static int
sweep(int signo)
{
	struct sweep s = { .signo = signo };

	descend("/proc", getpid(), send_below, &s);
	return s.met;
}

/*
 * Stopped first, until none came to those that were there: who forks faster than he is killed could
 * go on for ever. What lies too deep for one look is seen when those above it are gone.
 */
void
signals_kill_all(void)
{
	enum { SWEEPS_MOST = 8 };
	int count = 0, before = -1, i;

	if (keep_is_alone() || !proc_is_ours())
		return;
	for (i = 0; i < SWEEPS_MOST && count > before; i++) {
		before = count;
		count = sweep(SIGSTOP);
	}
	sweep(SIGKILL);
}

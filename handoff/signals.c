/* signals.c - how a keeper signals what is below it. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "handoff/keep.h"

/* A worker that has become somebody else (setuid) may not be signalled: that is worth one line. */
static void
signal_one(struct keeper *k, int index, int signo)
{
	struct worker *w = &k->workers[index];

	if (w->pid == 0 || kill(k->config->signal_group ? -w->pid : w->pid, signo) == 0 ||
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

	if (signo == SIGCONT)
		terminal_resume(k);
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
	return fd_read_text(AT_FDCWD, path, text, sizeof(text)) > 0 &&
	    (end = strrchr(text, ')')) != NULL && strncmp(end, ") T", 3) == 0;
}

/* A stopped process hears a signal only when it goes on (signal(7)). */
void
signals_stop(struct keeper *k, int index)
{
	pid_t pid = k->workers[index].pid;

	signal_one(k, index, k->stop_signal);
	if (pid != 0 && is_stopped(pid))
		signal_one(k, index, SIGCONT);
}

void
signals_children(int signo)
{
	char path[64], text[65536], *at = text, *end;
	long pid;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	if (fd_read_text(AT_FDCWD, path, text, sizeof(text)) == -1)
		return;
	/* the last number may be cut, and a cut number is somebody else */
	while ((pid = strtol(at, &end, 10)) > 0 && *end == ' ') {
		kill((pid_t)pid, signo);
		if (signo == SIGTERM && is_stopped((pid_t)pid))
			kill((pid_t)pid, SIGCONT);
		at = end;
	}
}

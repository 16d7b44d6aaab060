/* remote_stop.c - all threads of a worker are stopped, and go on as if nothing had been. */
#include <sys/ptrace.h>
#include <sys/wait.h>

#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "handoff/remote.h"

enum { STOP_MS = 50, SPINS = 20 };

static bool took_signal;		/* a SIGCHLD that somebody else may wait for */

/* For a millisecond, or until a thread has stopped, where that signal is blocked. */
static void
wait_a_little(void)
{
	const struct timespec little = { 0, 1000000 };
	sigset_t child;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	if (sigtimedwait(&child, NULL, &little) == SIGCHLD)
		took_signal = true;
}

static void
give_signal_back(void)
{
	if (took_signal)
		kill(getpid(), SIGCHLD);
	took_signal = false;
}

/* It mostly takes microseconds. */
int
remote_await(pid_t tid, msec most, int *why)
{
	msec until = clock_now() + most;
	siginfo_t info;
	int spins;

	for (spins = 0;; spins++) {
		memset(&info, 0, sizeof(info));
		if (waitid(P_PID, (id_t)tid, &info, WSTOPPED | WNOHANG | __WALL) == -1)
			return -1;
		if (info.si_pid == tid) {
			*why = info.si_status;
			return 0;
		}
		if (clock_now() >= until) {
			errno = EAGAIN;
			return -1;
		}
		if (spins < SPINS)
			sched_yield();
		else
			wait_a_little();
	}
}

int
remote_signal(int why)
{
	return why >> 8 == 0 ? why : 0;
}

static int
await_thread(struct remote_thread *t)
{
	int why;

	if (remote_await(t->tid, STOP_MS, &why) == -1)
		return -1;
	t->stopped = true;
	t->signal = remote_signal(why);
	return 0;
}

/* Seize one and ask it to stop; it stops when it is next in the kernel, or at once. */
static int
seize(struct remote *r, pid_t tid)
{
	if (r->count == REMOTE_THREADS) {
		errno = EAGAIN;
		return -1;
	}
	if (ptrace(PTRACE_SEIZE, tid, NULL, NULL) == -1) {
		if (r->count > 0)	/* not refused: this one is about to end */
			errno = EAGAIN;
		return -1;
	}
	r->threads[r->count++] = (struct remote_thread){ .tid = tid };
	return (int)ptrace(PTRACE_INTERRUPT, tid, NULL, NULL);
}

static int
seize_all(struct remote *r)
{
	char path[32];
	struct dirent *entry;
	int result = 0;
	DIR *tasks;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)r->pid);
	if ((tasks = opendir(path)) == NULL)
		return -1;
	while (result == 0 && (entry = readdir(tasks)) != NULL)
		if (entry->d_name[0] != '.')
			result = seize(r, (pid_t)atoi(entry->d_name));
	closedir(tasks);
	return result;
}

/*
 * Those that did not stop in time: one waits for its own child to execute (vfork(2)), or for an answer of
 * ours. They stop later, and then have to be let go.
 */
static pid_t late[REMOTE_THREADS];
static int late_count;

static void
let_go(pid_t tid, int signal)
{
	remote_again(tid);
	ptrace(PTRACE_DETACH, tid, NULL, (long)signal);
}

void
remote_settle(void)
{
	siginfo_t info;
	int i;

	for (i = 0; i < late_count;) {
		memset(&info, 0, sizeof(info));
		if (waitid(P_PID, (id_t)late[i], &info, WSTOPPED | WNOHANG | __WALL) == 0 &&
		    info.si_pid == 0) {
			i++;
			continue;
		}
		if (info.si_pid == late[i])
			let_go(late[i], remote_signal(info.si_status));
		late[i] = late[--late_count];
	}
}

bool
remote_caught(pid_t tid, int status)
{
	int i;

	for (i = 0; i < late_count && late[i] != tid; i++)
		;
	if (i == late_count)
		return false;
	let_go(tid, remote_signal(status >> 8));
	late[i] = late[--late_count];
	return true;
}

int
remote_stop(struct remote *r, pid_t pid)
{
	int result, i, code;

	remote_settle();
	if (late_count > 0) {
		errno = EAGAIN;
		return -1;
	}
	memset(r, 0, offsetof(struct remote, threads));
	r->pid = pid;
	r->caller = -1;
	r->borrowed = false;
	result = seize_all(r);
	for (i = 0; i < r->count && result == 0; i++)
		result = await_thread(&r->threads[i]);
	if (result == 0)
		return 0;
	code = errno;
	remote_go(r);
	errno = code == EPERM || code == ENOSYS || code == EACCES ? EPERM : EAGAIN;
	return -1;
}

void
remote_go(struct remote *r)
{
	int i;

	if (r->borrowed)
		remote_write(r, r->room, r->kept, sizeof(r->kept));
	r->borrowed = false;
	for (i = 0; i < r->count; i++)
		if (r->threads[i].stopped)
			let_go(r->threads[i].tid, r->threads[i].signal);
		else
			late[late_count++] = r->threads[i].tid;
	r->count = 0;
	remote_settle();
	give_signal_back();
}

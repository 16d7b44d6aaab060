/* remote.c - one system call in a process that is stopped for it. */
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>

#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "handoff/remote.h"

enum { THREADS_MOST = 128, STOP_MS = 20 };

struct threads {
	int count;
	pid_t tids[THREADS_MOST];
};

#if defined(__x86_64__)

/* Stopped in a system call: the instruction before where it goes on is `syscall`. */
static bool
waits_in_call(pid_t tid, const struct user_regs_struct *r)
{
	long word;

	errno = 0;
	word = ptrace(PTRACE_PEEKTEXT, tid, (void *)(r->rip - 2), NULL);
	return errno == 0 && (word & 0xffff) == 0x050f && (long)r->orig_rax >= 0;
}

/* Registers with which that instruction makes the other call; orig_rax says that none is under way. */
static void
prepare_call(struct user_regs_struct *r, int fd)
{
	r->rip -= 2;
	r->rax = SYS_shutdown;
	r->orig_rax = (unsigned long long)-1;
	r->rdi = (unsigned long long)fd;
	r->rsi = SHUT_RD;
}

bool
remote_is_known(void)
{
	return true;
}

static int
set_registers(pid_t tid, const struct user_regs_struct *r)
{
	return (int)ptrace(PTRACE_SETREGS, tid, NULL, r);
}

/*
 * Some calls are not restarted but end with EINTR, epoll_wait(2) for one (signal(7)). Not every server
 * knows that, and this is no signal: they are made once more.
 */
static void
make_again(pid_t tid)
{
	struct user_regs_struct r;

	if (ptrace(PTRACE_GETREGS, tid, NULL, &r) == -1 || (long long)r.rax != -EINTR ||
	    !waits_in_call(tid, &r))
		return;
	r.rip -= 2;
	r.rax = r.orig_rax;
	r.orig_rax = (unsigned long long)-1;
	set_registers(tid, &r);
}

/* Until it has stopped again; its end is not waited for here, that is the business of who reaps. */
static int
await_stop(pid_t tid)
{
	msec until = clock_now() + STOP_MS;
	siginfo_t info;

	for (;;) {
		memset(&info, 0, sizeof(info));
		if (waitid(P_PID, (id_t)tid, &info, WSTOPPED | WNOHANG | __WALL) == -1)
			return -1;
		if (info.si_pid == tid)
			return 0;
		if (clock_now() >= until) {
			errno = EAGAIN;
			return -1;
		}
		poll(NULL, 0, 1);
	}
}

/* What the call returned; the thread is then where it was. */
static int
call_shutdown(pid_t tid, int fd)
{
	struct user_regs_struct was, now;
	int result = -1;

	if (ptrace(PTRACE_GETREGS, tid, NULL, &was) == -1 || !waits_in_call(tid, &was)) {
		errno = EAGAIN;
		return -1;
	}
	now = was;
	prepare_call(&now, fd);
	if (set_registers(tid, &now) == 0 && ptrace(PTRACE_SINGLESTEP, tid, NULL, NULL) == 0 &&
	    await_stop(tid) == 0 && ptrace(PTRACE_GETREGS, tid, NULL, &now) == 0)
		result = (long long)now.rax == 0 ? 0 : -1;
	set_registers(tid, &was);
	errno = EAGAIN;
	return result;
}

#else

bool
remote_is_known(void)
{
	return false;
}

static void
make_again(pid_t tid)
{
	(void)tid;
}

static int
await_stop(pid_t tid)
{
	(void)tid;
	errno = EPERM;
	return -1;
}

static int
call_shutdown(pid_t tid, int fd)
{
	(void)tid;
	(void)fd;
	errno = EPERM;
	return -1;
}

#endif

static void
let_go(const struct threads *t)
{
	int i;

	for (i = 0; i < t->count; i++) {
		make_again(t->tids[i]);
		ptrace(PTRACE_DETACH, t->tids[i], NULL, NULL);
	}
}

/* Seize one and ask it to stop; it stops when it is next in the kernel, or at once. */
static int
seize(struct threads *t, pid_t tid)
{
	if (t->count == THREADS_MOST) {
		errno = EAGAIN;
		return -1;
	}
	if (ptrace(PTRACE_SEIZE, tid, NULL, NULL) == -1)
		return -1;
	t->tids[t->count++] = tid;
	return (int)ptrace(PTRACE_INTERRUPT, tid, NULL, NULL);
}

static int
seize_all(struct threads *t, pid_t pid)
{
	char path[32];
	struct dirent *entry;
	int result = 0;
	DIR *tasks;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	if ((tasks = opendir(path)) == NULL)
		return -1;
	while (result == 0 && (entry = readdir(tasks)) != NULL)
		if (entry->d_name[0] != '.')
			result = seize(t, (pid_t)atoi(entry->d_name));
	closedir(tasks);
	return result;
}

static bool
is_socket(pid_t pid, int fd, uint64_t inode)
{
	char path[48], wanted[48], link[48];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)pid, fd);
	snprintf(wanted, sizeof(wanted), "socket:[%llu]", (unsigned long long)inode);
	n = readlink(path, link, sizeof(link) - 1);
	link[n > 0 ? n : 0] = '\0';
	return strcmp(link, wanted) == 0;
}

/* Any thread that waits in a call will do. */
static int
shut_by_one(const struct threads *t, int fd)
{
	int i;

	for (i = 0; i < t->count; i++)
		if (call_shutdown(t->tids[i], fd) == 0)
			return 0;
	return -1;
}

int
remote_shut(pid_t pid, int fd, uint64_t inode, bool (*still)(void *), void *with)
{
	struct threads t = { 0 };
	int result = seize_all(&t, pid), kept, i;

	for (i = 0; i < t.count && result == 0; i++)
		result = await_stop(t.tids[i]);
	if (result == 0 && (!is_socket(pid, fd, inode) || !still(with))) {
		errno = EAGAIN;
		result = -1;
	}
	if (result == 0)
		result = shut_by_one(&t, fd);
	kept = errno;
	let_go(&t);
	errno = kept == EPERM || kept == ENOSYS || kept == EACCES ? EPERM : EAGAIN;
	return result;
}

void
remote_nudge(pid_t pid)
{
	struct threads t = { 0 };
	int i;

	if (!remote_is_known())
		return;
	if (seize_all(&t, pid) == 0)
		for (i = 0; i < t.count; i++)
			await_stop(t.tids[i]);
	let_go(&t);
}

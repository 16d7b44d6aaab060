/* remote.c - system calls that a worker is made to make. */
#include <sys/ptrace.h>
#include <sys/user.h>

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "handoff/remote.h"

/* A step has been begun and is to be seen to its end; on a busy machine that takes its time. */
enum { STEP_MS = 5000 };

/* --- memory ----------------------------------------------------------------------------------- */

int
remote_write(struct remote *r, uint64_t at, const void *bytes, size_t size)
{
	pid_t tid = r->threads[r->caller].tid;
	long word;

	for (; size > 0; at += sizeof(word), bytes = (const char *)bytes + sizeof(word)) {
		size_t part = size < sizeof(word) ? size : sizeof(word);

		if (part < sizeof(word) && remote_read(r, at, &word, sizeof(word)) == -1)
			return -1;
		memcpy(&word, bytes, part);
		if (ptrace(PTRACE_POKEDATA, tid, (void *)at, (void *)word) == -1)
			return -1;
		size -= part;
	}
	return 0;
}

int
remote_read(struct remote *r, uint64_t at, void *to, size_t size)
{
	pid_t tid = r->threads[r->caller].tid;
	long word;

	for (; size > 0; at += sizeof(word), to = (char *)to + sizeof(word)) {
		size_t part = size < sizeof(word) ? size : sizeof(word);

		errno = 0;
		word = ptrace(PTRACE_PEEKDATA, tid, (void *)at, NULL);
		if (word == -1 && errno != 0)
			return -1;
		memcpy(to, &word, part);
		size -= part;
	}
	return 0;
}

#if defined(__x86_64__)

/* --- calls ------------------------------------------------------------------------------------ */

enum { RED_ZONE = 128, USER_CODE = 0x33, SYSCALL = 0x050f, STEPS = 8 };

bool
remote_is_known(void)
{
	return true;
}

static int
get_registers(pid_t tid, struct user_regs_struct *r)
{
	return (int)ptrace(PTRACE_GETREGS, tid, NULL, r);
}

static int
set_registers(pid_t tid, const struct user_regs_struct *r)
{
	return (int)ptrace(PTRACE_SETREGS, tid, NULL, r);
}

/* Stopped in a system call: the instruction before where it goes on is `syscall`. */
static bool
waits_in_call(pid_t tid, const struct user_regs_struct *r)
{
	long word;

	errno = 0;
	word = ptrace(PTRACE_PEEKTEXT, tid, (void *)(r->rip - 2), NULL);
	return errno == 0 && (word & 0xffff) == SYSCALL && (long)r->orig_rax >= 0;
}

/*
 * Some calls are not restarted but end with EINTR, epoll_wait(2) for one (signal(7)). Not every server
 * knows that, and this is no signal: they are made once more.
 */
void
remote_again(pid_t tid)
{
	struct user_regs_struct r;

	if (get_registers(tid, &r) == -1 || (long long)r.rax != -EINTR || !waits_in_call(tid, &r))
		return;
	r.rip -= 2;
	r.rax = r.orig_rax;
	r.orig_rax = (unsigned long long)-1;
	set_registers(tid, &r);
}

/* Where in that process there is an instruction `syscall`: its vdso has one (vdso(7)). 0 for none. */
static uint64_t
find_syscall(struct remote *r)
{
	enum { VDSO = 8192 };
	char path[32], code[VDSO];
	uint64_t aux[2], vdso = 0;
	ssize_t n = 0, i;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/auxv", (int)r->pid);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return 0;
	while (vdso == 0 && read(fd, aux, sizeof(aux)) == sizeof(aux) && aux[0] != AT_NULL)
		vdso = aux[0] == AT_SYSINFO_EHDR ? aux[1] : 0;
	fd_close(&fd);
	snprintf(path, sizeof(path), "/proc/%d/mem", (int)r->pid);
	if (vdso == 0 || (fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return 0;
	for (i = VDSO; i > 0 && n <= 0; i -= 4096)
		n = pread(fd, code, (size_t)i, (off_t)vdso);
	fd_close(&fd);
	for (i = 0; i + 1 < n; i++)
		if (code[i] == 0x0f && code[i + 1] == 0x05)
			return vdso + (uint64_t)i;
	return 0;
}

#ifndef PTRACE_GET_RSEQ_CONFIGURATION	/* Linux 5.13 */
#define PTRACE_GET_RSEQ_CONFIGURATION 0x420f
#endif

/*
 * In the middle of a restartable sequence (rseq(2)) it may not be led elsewhere: the kernel would then
 * forget the sequence, and not restart it.
 */
static bool
may_be_led(pid_t tid)
{
	struct { uint64_t area; uint32_t size, signature, flags, pad; } rseq = { 0 };
	long sequence;

	if (ptrace(PTRACE_GET_RSEQ_CONFIGURATION, tid, (void *)sizeof(rseq), &rseq) == -1 ||
	    rseq.area == 0)
		return true;
	errno = 0;
	sequence = ptrace(PTRACE_PEEKDATA, tid, (void *)(rseq.area + 8), NULL);
	return errno == 0 && sequence == 0;
}

/* Choose who makes the calls: one that waits in a call, else any, by the instruction in the vdso. */
static int
choose_caller(struct remote *r)
{
	struct user_regs_struct was;
	int i, busy = -1;

	for (i = 0; i < r->count && r->caller == -1; i++) {
		pid_t tid = r->threads[i].tid;

		if (!r->threads[i].stopped || r->threads[i].signal != 0 ||
		    get_registers(tid, &was) == -1 || was.cs != USER_CODE)
			continue;
		if (waits_in_call(tid, &was)) {
			r->caller = i;
			r->at = was.rip - 2;
		} else if (busy == -1 && may_be_led(tid))
			busy = i;
	}
	if (r->caller == -1 && busy != -1 && (r->at = find_syscall(r)) != 0)
		r->caller = busy;
	errno = EAGAIN;
	return r->caller == -1 ? -1 : 0;
}

/* One instruction; a signal that comes first is kept for later. */
static int
step(struct remote_thread *t)
{
	int why, i;

	for (i = 0; i < STEPS; i++) {
		if (ptrace(PTRACE_SINGLESTEP, t->tid, NULL, NULL) == -1 ||
		    remote_await(t->tid, STEP_MS, &why) == -1)
			return -1;
		if (why == SIGTRAP)
			return 0;
		if (remote_signal(why) != 0)
			t->signal = remote_signal(why);
	}
	errno = EAGAIN;
	return -1;
}

/* The registers the call is made with; orig_rax says that none is under way. */
static void
prepare(struct user_regs_struct *r, uint64_t at, long number, const uint64_t args[6])
{
	r->rip = at;
	r->rax = (unsigned long long)number;
	r->orig_rax = (unsigned long long)-1;
	r->rdi = args[0];
	r->rsi = args[1];
	r->rdx = args[2];
	r->r10 = args[3];
	r->r8 = args[4];
	r->r9 = args[5];
}

long
remote_call(struct remote *r, long number, const uint64_t args[6])
{
	struct user_regs_struct was, now;
	struct remote_thread *t;
	long result = -EAGAIN;

	if (choose_caller(r) == -1)
		return -1;
	t = &r->threads[r->caller];
	if (get_registers(t->tid, &was) == 0) {
		now = was;
		prepare(&now, r->at, number, args);
		if (set_registers(t->tid, &now) == 0 && step(t) == 0 &&
		    get_registers(t->tid, &now) == 0)
			result = (long)now.rax;
		set_registers(t->tid, &was);
	}
	if (result >= 0 || result < -4095)
		return result;
	errno = (int)-result;
	return -1;
}

uint64_t
remote_borrow(struct remote *r)
{
	struct user_regs_struct was;

	if (r->borrowed)
		return r->room;
	if (choose_caller(r) == -1 || get_registers(r->threads[r->caller].tid, &was) == -1)
		return 0;
	/* below what its functions use; where no stack is there yet, what they use */
	r->room = (was.rsp - RED_ZONE - REMOTE_ROOM) & ~UINT64_C(15);
	if (remote_read(r, r->room, r->kept, sizeof(r->kept)) == -1) {
		r->room = was.rsp & ~UINT64_C(15);
		if (remote_read(r, r->room, r->kept, sizeof(r->kept)) == -1)
			return 0;
	}
	r->borrowed = true;
	return r->room;
}

#else

void
remote_again(pid_t tid)
{
	(void)tid;
}

bool
remote_is_known(void)
{
	return false;
}

long
remote_call(struct remote *r, long number, const uint64_t args[6])
{
	(void)r;
	(void)number;
	(void)args;
	errno = EPERM;
	return -1;
}

uint64_t
remote_borrow(struct remote *r)
{
	(void)r;
	return 0;
}

#endif

/* --- what needs no call ----------------------------------------------------------------------- */

bool
remote_holds(pid_t pid, int fd, uint64_t inode)
{
	char path[48], wanted[48], link[48];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)pid, fd);
	snprintf(wanted, sizeof(wanted), "socket:[%llu]", (unsigned long long)inode);
	n = readlink(path, link, sizeof(link) - 1);
	link[n > 0 ? n : 0] = '\0';
	return strcmp(link, wanted) == 0;
}

void
remote_nudge(pid_t pid)
{
	static struct remote r;

	if (remote_is_known() && remote_stop(&r, pid) == 0)
		remote_go(&r);
}

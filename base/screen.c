/* screen.c - a seccomp filter by numbers. */
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/screen.h"

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV	/* Linux 5.19; Debian 12's header has it not */
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

#if defined(__x86_64__)
#define NATIVE_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE_ARCH AUDIT_ARCH_AARCH64
#else
#error "say here which AUDIT_ARCH_ this is"
#endif

static void
put(struct screen *s, struct sock_filter instruction)
{
	if (s->count == SCREEN_MOST)
		abort();
	s->program[s->count++] = instruction;
}

static void
answer_with(struct screen *s, uint32_t answer)
{
	s->hears |= answer == SECCOMP_RET_USER_NOTIF;
	put(s, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, answer));
}

void
screen_begin(struct screen *s)
{
	s->count = 0;
	s->hears = false;
	put(s, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
	    offsetof(struct seccomp_data, arch)));
	put(s, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NATIVE_ARCH, 1, 0));
	answer_with(s, SECCOMP_RET_ERRNO | ENOSYS);
	put(s, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
	    offsetof(struct seccomp_data, nr)));
}

void
screen_add(struct screen *s, int call, uint32_t answer)
{
	if (call < 0)
		return;
	put(s, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call, 0, 1));
	answer_with(s, answer);
}

void
screen_end(struct screen *s, uint32_t answer)
{
	answer_with(s, answer);
}

static int
load(const struct sock_fprog *program, unsigned long flags)
{
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, program);
}

int
screen_load(const struct screen *s, int *notify)
{
	const struct sock_fprog program = { s->count, (struct sock_filter *)s->program };
	unsigned long listen = SECCOMP_FILTER_FLAG_NEW_LISTENER;
	int got;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return -1;
	if (!s->hears) {
		got = load(&program, 0);
		*notify = got == 0 ? -1 : *notify;
		return got;
	}
	/* with it a call is not begun anew for each signal that comes while it waits */
	got = load(&program, listen | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV);
	if (got == -1 && errno == EINVAL)
		got = load(&program, listen);
	if (got == -1)
		return -1;
	*notify = got;
	return 0;
}

bool
screen_can_hear(void)
{
	uint32_t action = SECCOMP_RET_USER_NOTIF;

	return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

/* answers.c - calls of a build that wait for its builder. */
#include <errno.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "base/allow.h"
#include "base/fd.h"
#include "base/screen.h"
#include "base/text.h"
#include "base/trap.h"
#include "watcher/answers.h"
#include "watcher/modes.h"

enum { MOST_IN_A_TURN = 256 };

/* What every program does, again and again: it is not waited for, and known all the same. */
static const int everyday[] = {
	SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(close), SCMP_SYS(openat), SCMP_SYS(mmap),
	SCMP_SYS(munmap), SCMP_SYS(mprotect), SCMP_SYS(brk), SCMP_SYS(futex),
};

enum { EVERYDAY = sizeof(everyday) / sizeof(everyday[0]) };

static uint32_t
otherwise(enum sandbox_mode mode)
{
	switch (mode) {
	case SANDBOX_STRICT:
		return SECCOMP_RET_ERRNO | ENOSYS;
	case SANDBOX_LEARN:
		return SECCOMP_RET_USER_NOTIF;
	case SANDBOX_ON:
	case SANDBOX_OFF:
		break;
	}
	return SECCOMP_RET_ALLOW;
}

void
answers_screen(struct screen *s, enum sandbox_mode mode, bool modes)
{
	size_t count, i;
	const int *calls;

	screen_begin(s);
	calls = modes_calls(&count);
	for (i = 0; i < count && modes; i++)
		screen_add(s, calls[i], SECCOMP_RET_USER_NOTIF);
	/* what brings us the descriptor of this filter cannot wait for it */
	if (mode == SANDBOX_LEARN)
		screen_add(s, SYS_sendmsg, SECCOMP_RET_ALLOW);
	for (i = 0; i < EVERYDAY && mode == SANDBOX_LEARN; i++)
		screen_add(s, everyday[i], SECCOMP_RET_ALLOW);
	calls = allow_list(&count);
	for (i = 0; i < count && mode == SANDBOX_STRICT; i++)
		screen_add(s, calls[i], SECCOMP_RET_ALLOW);
	screen_end(s, otherwise(mode));
}

bool
answers_wanted(enum sandbox_mode mode, bool modes)
{
	return mode == SANDBOX_STRICT || mode == SANDBOX_LEARN || (mode == SANDBOX_ON && modes);
}

static void
note(struct answers *a, int call)
{
	if (call >= 0 && call < ANSWERS_CALLS)
		a->seen[call / 64] |= UINT64_C(1) << call % 64;
}

static void
answer(struct answers *a, const struct trap_call *call)
{
	int error;

	note(a, call->call);
	if (!modes_are(call->call)) {
		trap_go_on(a->notify, call->id);
		return;
	}
	error = modes_perform(&a->places, call);
	trap_answer(a->notify, call->id, error == 0 ? 0 : -1, error);
}

void
answers_give(struct answers *a)
{
	struct pollfd p = { .fd = a->notify, .events = POLLIN };
	struct trap_call call;
	int i, got;

	for (i = 0; i < MOST_IN_A_TURN && poll(&p, 1, 0) == 1; i++) {
		if ((p.revents & POLLIN) == 0 || (got = trap_receive(a->notify, &call)) == -1) {
			fd_close(&a->notify);
			return;
		}
		if (got == 1)
			answer(a, &call);
	}
}

static bool
is_seen(const struct answers *a, int call)
{
	size_t i;

	for (i = 0; i < EVERYDAY; i++)
		if (everyday[i] == call)
			return true;
	return (a->seen[call / 64] >> call % 64 & 1) != 0;
}

/* The caller frees it. */
static char *
name_of(int call)
{
	char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, call);

	if (name == NULL && asprintf(&name, "%d", call) == -1)
		abort();
	return name;
}

void
answers_say(const struct answers *a, char *to, size_t size)
{
	int call, seen = 0, refused = 0;
	char names[1024] = "", *name;

	for (call = 0; call < ANSWERS_CALLS; call++) {
		if (!is_seen(a, call))
			continue;
		seen++;
		if (allow_has(call))
			continue;
		name = name_of(call);
		text_append(names, sizeof(names), "%s%s", refused++ > 0 ? ", " : "", name);
		free(name);
	}
	if (refused == 0)
		snprintf(to, size, "BATON_SANDBOX=learn: it used %d system calls, and strict "
		    "allows all of them", seen);
	else
		snprintf(to, size, "BATON_SANDBOX=learn: it used %d system calls; strict has not: "
		    "%s", seen, names);
}

int
answers_write(const struct answers *a, int fd)
{
	char line[96], *name;
	int call, result = 0;

	for (call = 0; call < ANSWERS_CALLS && result == 0; call++) {
		if (!is_seen(a, call))
			continue;
		name = name_of(call);
		snprintf(line, sizeof(line), "%s%s\n", allow_has(call) ? "" : "-", name);
		result = fd_write_all(fd, line, strlen(line));
		free(name);
	}
	return result;
}

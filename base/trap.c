/* trap.c - a call in which a process below waits for us. */
#include <sys/ioctl.h>
#include <sys/uio.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/proc.h"
#include "base/trap.h"

/* The kernel writes as much as its own struct has; a later one may have more than ours. */
union notice {
	struct seccomp_notif n;
	char room[256];
};

union reply {
	struct seccomp_notif_resp r;
	char room[256];
};

/* Nobody is left who could call: poll(2) would say so again and again until the last is reaped. */
static bool
is_over(int notify)
{
	struct pollfd p = { .fd = notify, .events = POLLIN };

	return poll(&p, 1, 0) == 1 && (p.revents & POLLHUP) != 0;
}

#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS	/* Linux 6.6; Debian 12's header has it not */
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64)
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP 1
#endif

void
trap_take_turns(int notify)
{
	ioctl(notify, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
}

int
trap_receive(int notify, struct trap_call *call)
{
	union notice notice;

	memset(&notice, 0, sizeof(notice));
	if (ioctl(notify, SECCOMP_IOCTL_NOTIF_RECV, &notice) == -1)
		return (errno != ENOENT && errno != EINTR) || is_over(notify) ? -1 : 0;
	*call = (struct trap_call){ .id = notice.n.id, .pid = (pid_t)notice.n.pid,
		.call = notice.n.data.nr };
	memcpy(call->args, notice.n.data.args, sizeof(call->args));
	return 1;
}

bool
trap_waits(int notify, uint64_t id)
{
	return ioctl(notify, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0;
}

static int
answer(int notify, const struct seccomp_notif_resp *r)
{
	union reply reply = { .r = *r };

	return ioctl(notify, SECCOMP_IOCTL_NOTIF_SEND, &reply);
}

void
trap_go_on(int notify, uint64_t id)
{
	answer(notify, &(struct seccomp_notif_resp){ .id = id,
		.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE });
}

int
trap_answer(int notify, uint64_t id, int64_t value, int code)
{
	return answer(notify, &(struct seccomp_notif_resp){ .id = id, .val = value,
		.error = -code });
}

ssize_t
trap_read(pid_t pid, uint64_t at, void *to, size_t size)
{
	/* cppcheck-suppress ctuuninitvar; it is written to */
	struct iovec here = { to, size }, there = { (void *)(uintptr_t)at, size };
	char path[32];
	ssize_t n;
	int fd;

	if (!proc_is_ours())
		return process_vm_readv(pid, &here, 1, &there, 1, 0);
	snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return -1;
	n = pread(fd, to, size, (off_t)at);
	fd_close(&fd);
	return n;
}

ssize_t
trap_write(pid_t pid, uint64_t at, const void *bytes, size_t size)
{
	struct iovec here = { (void *)(uintptr_t)bytes, size };
	struct iovec there = { (void *)(uintptr_t)at, size };
	char path[32];
	ssize_t n;
	int fd;

	if (!proc_is_ours())
		return process_vm_writev(pid, &here, 1, &there, 1, 0);
	snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
	if ((fd = open(path, O_WRONLY | O_CLOEXEC)) == -1)
		return -1;
	n = pwrite(fd, bytes, size, (off_t)at);
	fd_close(&fd);
	return n;
}

/* adopt.c - answer a worker's bind with the slot of its generation. */
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/xattr.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/proc.h"
#include "base/text.h"
#include "handoff/adopt.h"

/* The kernel writes as much as its own struct has; a later one may have more than ours. */
union notice {
	struct seccomp_notif n;
	char room[256];
};

union reply {
	struct seccomp_notif_resp r;
	char room[256];
};

static int
answer(int notify, uint64_t id, uint32_t flags)
{
	union reply reply = { .r = { .id = id, .flags = flags } };

	return ioctl(notify, SECCOMP_IOCTL_NOTIF_SEND, &reply);
}

void
adopt_leave(int notify, const struct bind_call *call)
{
	answer(notify, call->id, SECCOMP_USER_NOTIF_FLAG_CONTINUE);
}

ssize_t
adopt_read(pid_t pid, uint64_t at, void *to, size_t size)
{
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

/*
 * Read the address the worker points at; it is stopped in the call meanwhile. -1 with errno where it
 * may not be read, or with EAFNOSUPPORT when it is none of TCP's.
 */
static int
read_address(pid_t pid, uint64_t at, uint64_t length, struct address *a)
{
	struct sockaddr_storage where = { 0 };
	ssize_t n;

	if (length > sizeof(where))
		length = sizeof(where);
	n = adopt_read(pid, at, &where, length);
	if (n == (ssize_t)length && address_from_sockaddr(a, &where, (size_t)n) == 0)
		return 0;
	if (n != -1 || errno == EIO)	/* EIO: a pointer to nowhere, the kernel will say EFAULT */
		errno = EAFNOSUPPORT;
	return -1;
}

/*
 * The protocol of a socket of another process, as the file system of sockets names it
 * (net/socket.c: sockfs_xattr_get). Where that is not to be had, an IP address means TCP.
 */
static bool
is_tcp(pid_t pid, int fd)
{
	char path[48], protocol[32] = "";
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)pid, fd);
	n = !proc_is_ours() ? -1 :
	    getxattr(path, "system.sockprotoname", protocol, sizeof(protocol) - 1);
	return n <= 0 || text_begins(protocol, "TCP") || text_begins(protocol, "MPTCP");
}

/* Nobody is left who could call: poll(2) would say so again and again until the last is reaped. */
static bool
is_over(int notify)
{
	struct pollfd p = { .fd = notify, .events = POLLIN };

	return poll(&p, 1, 0) == 1 && (p.revents & POLLHUP) != 0;
}

int
adopt_receive(int notify, struct bind_call *call)
{
	union notice notice;
	struct bind_call c;
	int why = 0;
	bool ours;

	memset(&notice, 0, sizeof(notice));
	if (ioctl(notify, SECCOMP_IOCTL_NOTIF_RECV, &notice) == -1) {
		if ((errno != ENOENT && errno != EINTR) || is_over(notify))
			return -1;
		errno = 0;
		return 0;
	}
	c = (struct bind_call){ .id = notice.n.id, .pid = (pid_t)notice.n.pid,
		.fd = (int)notice.n.data.args[0] };
	if (read_address(c.pid, notice.n.data.args[1], notice.n.data.args[2], &c.address) == -1)
		why = errno;
	ours = why == 0 && c.address.port != 0 && is_tcp(c.pid, c.fd);
	/* what was read is of this call only if the call still waits: the pid may be another's now */
	if (ioctl(notify, SECCOMP_IOCTL_NOTIF_ID_VALID, &c.id) == -1)
		why = 0;
	else if (ours) {
		*call = c;
		return 1;
	} else
		adopt_leave(notify, &c);
	errno = why == EAFNOSUPPORT ? 0 : why;
	return 0;
}

/*
 * Without /proc, where a copy of the descriptor may be had. Else blocking: for a server that waits in
 * accept the other would be an error.
 */
static int
flags_by_copy(pid_t pid, int fd)
{
	int process = (int)syscall(SYS_pidfd_open, pid, 0), copy, flags;

	copy = process == -1 ? -1 : (int)syscall(SYS_pidfd_getfd, process, fd, 0);
	flags = copy == -1 ? 0 : fcntl(copy, F_GETFL) & O_NONBLOCK;
	fd_close(&process);
	fd_close(&copy);
	return O_CLOEXEC | flags;
}

/* The flags of the worker's own descriptor (proc(5): fdinfo). */
static int
flags_of(pid_t pid, int fd)
{
	char path[48], text[512];
	const char *line;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", (int)pid, fd);
	if (!proc_is_ours() || fd_read_text(AT_FDCWD, path, text, sizeof(text)) == -1 ||
	    (line = strstr(text, "flags:")) == NULL)
		return flags_by_copy(pid, fd);
	return (int)strtol(line + strlen("flags:"), NULL, 8);
}

int
adopt_give(int notify, const struct bind_call *call, int slot)
{
	int flags = flags_of(call->pid, call->fd), kept;
	struct seccomp_notif_addfd add = {
		.id = call->id,
		.flags = SECCOMP_ADDFD_FLAG_SETFD,
		.srcfd = (uint32_t)slot,
		.newfd = (uint32_t)call->fd,
		.newfd_flags = (uint32_t)(flags & O_CLOEXEC),
	};

	fd_nonblock(slot, (flags & O_NONBLOCK) != 0);
	if (ioctl(notify, SECCOMP_IOCTL_NOTIF_ADDFD, &add) == -1) {
		kept = errno;
		if (kept != ENOENT)
			adopt_leave(notify, call);
		errno = kept;
		return -1;
	}
	return answer(notify, call->id, 0);
}

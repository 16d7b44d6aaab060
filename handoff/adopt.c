/* adopt.c - answer a worker's bind with the slot of its generation. */
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/xattr.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/proc.h"
#include "base/text.h"
#include "handoff/adopt.h"
#include "handoff/unix.h"

/* A name that is no file's cannot be renamed (unix(7)); one of no length at all is a client's. */
static bool
is_abstract(const void *bytes, size_t length)
{
	struct sockaddr_un where = { 0 };

	memcpy(&where, bytes, length < sizeof(where) ? length : sizeof(where));
	return where.sun_family == AF_UNIX && length > offsetof(struct sockaddr_un, sun_path) &&
	    where.sun_path[0] == '\0';
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
	n = trap_read(pid, at, &where, length);
	if (n == (ssize_t)length && is_abstract(&where, length)) {
		errno = ENXIO;
		return -1;
	}
	if (n == (ssize_t)length && address_from_sockaddr(a, &where, (size_t)n) == 0)
		return 0;
	if (n != -1 || errno == EIO)	/* EIO: a pointer to nowhere, the kernel will say EFAULT */
		errno = EAFNOSUPPORT;
	return -1;
}

int
adopt_resolve(pid_t pid, struct address *a)
{
	char root[32], here[32];

	if (!proc_is_ours())
		return unix_resolve(a, NULL, NULL);
	snprintf(root, sizeof(root), "/proc/%d/root", (int)pid);
	snprintf(here, sizeof(here), "/proc/%d/cwd", (int)pid);
	return unix_resolve(a, root, here);
}

/* Before Linux 5.16 stream and datagram sockets had one name; the table of all has their type. */
static bool
is_stream(pid_t pid, int fd)
{
	char path[48], line[512];
	unsigned long long inode;
	struct stat st;
	unsigned type = 0;
	bool found = false;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)pid, fd);
	if (stat(path, &st) == -1)
		return false;
	snprintf(path, sizeof(path), "/proc/%d/net/unix", (int)pid);
	if ((f = fopen(path, "re")) == NULL)
		return false;
	while (!found && fgets(line, sizeof(line), f) != NULL)
		found = sscanf(line, "%*s %*s %*s %*s %x %*s %llu", &type, &inode) == 2 &&
		    inode == st.st_ino;
	fclose(f);
	return found && type == SOCK_STREAM;
}

/*
 * The protocol of a socket of another process, as the file system of sockets names it
 * (net/socket.c: sockfs_xattr_get). Where that is not to be had, an address means a stream.
 */
static bool
is_stream_of(pid_t pid, int fd, int family)
{
	char path[48], protocol[32] = "";
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)pid, fd);
	n = !proc_is_ours() ? -1 :
	    getxattr(path, "system.sockprotoname", protocol, sizeof(protocol) - 1);
	if (n <= 0)
		return true;
	if (family == AF_UNIX)
		return strcmp(protocol, "UNIX-STREAM") == 0 ||
		    (strcmp(protocol, "UNIX") == 0 && is_stream(pid, fd));
	return text_begins(protocol, "TCP") || text_begins(protocol, "MPTCP");
}

/* proc(5): status has had it since Linux 4.7; else as most have it. */
static int
umask_of(pid_t pid)
{
	enum { USUAL = 022 };
	char path[32], text[1024];
	const char *line;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	if (!proc_is_ours() || fd_read_text(AT_FDCWD, path, text, sizeof(text)) == -1 ||
	    (line = strstr(text, "\nUmask:")) == NULL)
		return USUAL;
	return (int)strtol(line + strlen("\nUmask:"), NULL, 8);
}

/* Is it what we could answer with a slot? errno says why not, 0 when it is of no interest. */
static bool
is_wanted(struct bind_call *c)
{
	errno = 0;
	if (c->address.family != AF_UNIX)
		return c->address.port != 0 && is_stream_of(c->pid, c->fd, c->address.family);
	if (!is_stream_of(c->pid, c->fd, AF_UNIX))
		return false;
	c->umask = umask_of(c->pid);
	return adopt_resolve(c->pid, &c->address) == 0;
}

int
adopt_consider(int notify, const struct trap_call *asked, struct bind_call *call)
{
	struct bind_call c = { .id = asked->id, .pid = asked->pid, .fd = (int)asked->args[0] };
	int why = 0;
	bool ours = false;

	if (read_address(c.pid, asked->args[1], asked->args[2], &c.address) == -1)
		why = errno != ENXIO || is_stream_of(c.pid, c.fd, AF_UNIX) ? errno : 0;
	else if (!(ours = is_wanted(&c)))
		why = errno;
	/* what was read is of this call only if the call still waits: the pid may be another's now */
	if (!trap_waits(notify, c.id))
		why = 0;
	else if (ours) {
		*call = c;
		return 1;
	} else
		trap_go_on(notify, c.id);
	errno = why == EAFNOSUPPORT || why == ENOENT || why == ENOTDIR ? 0 : why;
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
			trap_go_on(notify, call->id);
		errno = kept;
		return -1;
	}
	return trap_answer(notify, call->id, 0, 0);
}

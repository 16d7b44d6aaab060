/* notify.c - what a worker says by sd_notify. */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "handoff/notify.h"

enum { TEXT_MOST = 4096, MODE_OURS = 0700 };

/* Only the family: the kernel finds a free abstract name. */
static int
bind_abstract(int fd, char name[NOTIFY_NAME])
{
	struct sockaddr_un where = { .sun_family = AF_UNIX };
	socklen_t length = sizeof(where);

	if (bind(fd, (struct sockaddr *)&where, sizeof(sa_family_t)) == -1 ||
	    getsockname(fd, (struct sockaddr *)&where, &length) == -1)
		return -1;
	snprintf(name, NOTIFY_NAME, "@%.*s",
	    (int)(length - offsetof(struct sockaddr_un, sun_path) - 1), where.sun_path + 1);
	return 0;
}

/* A directory that nobody else can have put something into. */
static int
make_private(const char *directory)
{
	struct stat st;

	if (mkdir(directory, MODE_OURS) == -1 && errno != EEXIST)
		return -1;
	if (lstat(directory, &st) == -1)
		return -1;
	if (S_ISDIR(st.st_mode) && st.st_uid == geteuid() && (st.st_mode & 077) == 0)
		return 0;
	errno = EACCES;
	return -1;
}

void
notify_directory(char path[NOTIFY_NAME])
{
	snprintf(path, NOTIFY_NAME, "/tmp/baton-%u", (unsigned)geteuid());
}

static int
bind_path(int fd, const char *directory, const char *path, char name[NOTIFY_NAME])
{
	struct sockaddr_un where = { .sun_family = AF_UNIX };
	char own[NOTIFY_NAME];

	notify_directory(own);
	if (directory == NULL && make_private(own) == -1)
		return -1;
	if (snprintf(where.sun_path, sizeof(where.sun_path), "%s/%s",
	    directory != NULL ? directory : own, path) >= (int)sizeof(where.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	unlink(where.sun_path);		/* of one that was killed, and had our pid */
	if (bind(fd, (struct sockaddr *)&where, sizeof(where)) == -1)
		return -1;
	snprintf(name, NOTIFY_NAME, "%s", where.sun_path);
	return 0;
}

int
notify_open(int kind, const char *directory, const char *path, char name[NOTIFY_NAME])
{
	int fd = socket(AF_UNIX, kind | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1;

	name[0] = '\0';
	if (fd == -1)
		return -1;
	if (((directory != NULL || bind_abstract(fd, name) == -1) &&
	    bind_path(fd, directory, path, name) == -1) ||
	    setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) == -1 ||
	    (kind != SOCK_DGRAM && listen(fd, SOMAXCONN) == -1))
		notify_close(&fd, name);
	return fd;
}

void
notify_close(int *socket, const char *name)
{
	int saved = errno;

	if (*socket != -1 && name[0] == '/')
		unlink(name);
	errno = saved;
	fd_close(socket);
}

static void
keep_descriptors(struct notified *n, const struct cmsghdr *c)
{
	size_t i, count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	int fd;

	for (i = 0; i < count; i++) {
		memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
		if (n->count < NOTIFY_FDS)
			n->fds[n->count++] = fd;
		else
			close(fd);
	}
}

static void
take_apart(struct notified *n, struct msghdr *packet)
{
	struct cmsghdr *c;
	struct ucred from;

	for (c = CMSG_FIRSTHDR(packet); c != NULL; c = CMSG_NXTHDR(packet, c)) {
		if (c->cmsg_level != SOL_SOCKET)
			continue;
		if (c->cmsg_type == SCM_RIGHTS)
			keep_descriptors(n, c);
		if (c->cmsg_type == SCM_CREDENTIALS) {
			memcpy(&from, CMSG_DATA(c), sizeof(from));
			n->sender = from.pid;
		}
	}
	n->cut = (packet->msg_flags & MSG_TRUNC) != 0;
	n->lost = (packet->msg_flags & MSG_CTRUNC) != 0;
}

int
notify_receive(int socket, struct notified *n)
{
	static char text[TEXT_MOST];
	static union {
		char bytes[CMSG_SPACE(sizeof(struct ucred)) + CMSG_SPACE(NOTIFY_FDS * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec part = { .iov_base = text, .iov_len = sizeof(text) };
	struct msghdr packet = {
		.msg_iov = &part, .msg_iovlen = 1,
		.msg_control = control.bytes, .msg_controllen = sizeof(control.bytes),
	};
	ssize_t got;

	do
		got = recvmsg(socket, &packet, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (got == -1 && errno == EINTR);
	if (got == -1)
		return errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM ? 0 : -1;
	n->sender = 0;
	n->count = 0;
	take_apart(n, &packet);
	n->text = text;
	n->length = n->cut ? 0 : (size_t)got;
	notice_parse(&n->notice, text, n->length);
	return 1;
}

void
notify_drop(struct notified *n)
{
	while (n->count > 0)
		fd_close(&n->fds[--n->count]);
}

/* notify.c - what a worker says by sd_notify. */
#include <sys/socket.h>
#include <sys/un.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "handoff/notify.h"

int
notify_open(char name[NOTIFY_NAME])
{
	struct sockaddr_un where = { .sun_family = AF_UNIX };
	socklen_t length = sizeof(where);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1;

	if (fd == -1)
		return -1;
	/* only the family: the kernel finds a free abstract name */
	if (bind(fd, (struct sockaddr *)&where, sizeof(sa_family_t)) == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) == -1 ||
	    getsockname(fd, (struct sockaddr *)&where, &length) == -1) {
		fd_close(&fd);
		return -1;
	}
	snprintf(name, NOTIFY_NAME, "@%.*s",
	    (int)(length - offsetof(struct sockaddr_un, sun_path) - 1), where.sun_path + 1);
	return fd;
}

static void
drop_descriptors(const struct cmsghdr *c)
{
	size_t i, count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	int fd;

	for (i = 0; i < count; i++) {
		memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
		close(fd);
	}
}

int
notify_receive(int socket, struct notice *n, pid_t *sender)
{
	enum { TEXT = 4096, DESCRIPTORS = 253 };
	static char text[TEXT];
	static union {
		char bytes[CMSG_SPACE(sizeof(struct ucred)) + CMSG_SPACE(DESCRIPTORS * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec part = { .iov_base = text, .iov_len = sizeof(text) };
	struct msghdr packet = {
		.msg_iov = &part, .msg_iovlen = 1,
		.msg_control = control.bytes, .msg_controllen = sizeof(control.bytes),
	};
	ssize_t got = recvmsg(socket, &packet, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	struct cmsghdr *c;
	struct ucred from;

	if (got == -1)
		return 0;
	*sender = 0;
	for (c = CMSG_FIRSTHDR(&packet); c != NULL; c = CMSG_NXTHDR(&packet, c)) {
		if (c->cmsg_level != SOL_SOCKET)
			continue;
		if (c->cmsg_type == SCM_RIGHTS)
			drop_descriptors(c);
		if (c->cmsg_type == SCM_CREDENTIALS) {
			memcpy(&from, CMSG_DATA(c), sizeof(from));
			*sender = from.pid;
		}
	}
	notice_parse(n, text, (size_t)got);
	return 1;
}

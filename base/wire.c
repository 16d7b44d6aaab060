/* wire.c - one message, one descriptor, one packet. */
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/wire.h"

/* Room for two descriptors, so that a peer that sends more is noticed. */
enum { MOST_FDS = 2 };

/* Memory that the kernel does not have at this instant, it often has at the next one. */
enum { TRIES = 3 };

union control {
	char bytes[CMSG_SPACE(MOST_FDS * sizeof(int))];
	struct cmsghdr align;
};

int
wire_pair(int ends[2])
{
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends);
}

static bool
again(int error, int *tries)
{
	return error == EINTR || ((error == ENOBUFS || error == ENOMEM) && ++*tries < TRIES);
}

int
wire_send(int channel, const struct message *m, int fd)
{
	struct message copy = *m;
	struct iovec part = { .iov_base = &copy, .iov_len = sizeof(copy) };
	struct msghdr packet = { .msg_iov = &part, .msg_iovlen = 1 };
	union control control = { 0 };
	struct cmsghdr *c;
	int tries = 0;
	ssize_t n;

	if (fd != -1) {
		packet.msg_control = control.bytes;
		packet.msg_controllen = CMSG_SPACE(sizeof(int));
		c = CMSG_FIRSTHDR(&packet);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	}
	do
		n = sendmsg(channel, &packet, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n == -1 && again(errno, &tries));
	return n == (ssize_t)sizeof(copy) ? 0 : -1;
}

/* Take the descriptors out of a packet; keep the first, close the rest, return how many came. */
static int
take_descriptors(struct msghdr *packet, int *kept)
{
	struct cmsghdr *c;
	int count = 0, fd;
	size_t i, n;

	for (c = CMSG_FIRSTHDR(packet); c != NULL; c = CMSG_NXTHDR(packet, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (i = 0; i < n; i++, count++) {
			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
			if (count == 0)
				*kept = fd;
			else
				close(fd);
		}
	}
	return count;
}

int
wire_receive(int channel, struct message *m, int *fd)
{
	struct message got;
	struct iovec part = { .iov_base = &got, .iov_len = sizeof(got) };
	union control control;
	struct msghdr packet = {
		.msg_iov = &part, .msg_iovlen = 1,
		.msg_control = control.bytes, .msg_controllen = sizeof(control.bytes),
	};
	int kept = -1, tries = 0, count;
	ssize_t n;

	do
		n = recvmsg(channel, &packet, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	/* a peer that left without reading all is reported once, before what it still had sent */
	while (n == -1 && (errno == ECONNRESET || again(errno, &tries)));
	if (n == -1)
		return -1;
	count = take_descriptors(&packet, &kept);
	if (n == 0 && count == 0)
		return 0;
	/* MSG_CTRUNC alone: we have no descriptor free for the one that was sent */
	if (n != (ssize_t)sizeof(got) || count > 1 || (packet.msg_flags & MSG_TRUNC) != 0 ||
	    ((packet.msg_flags & MSG_CTRUNC) != 0 && count > 0)) {
		fd_close(&kept);
		errno = EPROTO;
		return -1;
	}
	got.text[MESSAGE_TEXT - 1] = '\0';
	*m = got;
	*fd = kept;
	return 1;
}

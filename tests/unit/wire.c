/* One message, one descriptor, one packet; and what breaks that. */
#include <criterion/criterion.h>

#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/wire.h"

static int ends[2];

static void
begin(void)
{
	cr_assert_eq(wire_pair(ends), 0);
}

static int
open_count(void)
{
	int fd, count = 0;

	for (fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) != -1;
	return count;
}

Test(wire, carries_a_message_and_a_descriptor, .init = begin)
{
	struct message m = { .type = MESSAGE_BUILT, .release = 7, .value = 1LL << 40 }, got;
	int fd = -1, sent = open("/dev/null", O_RDONLY);

	strcpy(m.text, "hello");
	cr_assert_eq(wire_send(ends[0], &m, sent), 0);
	cr_assert_eq(wire_receive(ends[1], &got, &fd), 1);
	cr_assert_eq(memcmp(&m, &got, sizeof(m)), 0);
	cr_assert_neq(fd, -1);
	cr_assert(fcntl(fd, F_GETFD) & FD_CLOEXEC);
}

Test(wire, does_not_wait, .init = begin)
{
	struct message m = { 0 };
	int fd, i;

	cr_assert_eq(wire_receive(ends[1], &m, &fd), -1);
	cr_assert_eq(errno, EAGAIN);
	for (i = 0; i < 100000 && wire_send(ends[0], &m, -1) == 0; i++)
		;
	cr_assert_lt(i, 100000);
	cr_assert_eq(errno, EAGAIN);
}

Test(wire, sees_the_peer_go, .init = begin)
{
	struct message m = { 0 };
	int fd;

	close(ends[0]);
	cr_assert_eq(wire_receive(ends[1], &m, &fd), 0);
	cr_assert_eq(wire_send(ends[1], &m, -1), -1);
	cr_assert_eq(errno, EPIPE);
}

Test(wire, refuses_a_wrong_size, .init = begin)
{
	char rubbish[1000] = { 0 };
	struct message m;
	int fd = -1;

	send(ends[0], rubbish, 3, 0);
	cr_assert_eq(wire_receive(ends[1], &m, &fd), -1);
	cr_assert_eq(errno, EPROTO);
	send(ends[0], rubbish, sizeof(rubbish), 0);
	cr_assert_eq(wire_receive(ends[1], &m, &fd), -1);
	cr_assert_eq(errno, EPROTO);
	cr_assert_eq(fd, -1);
}

Test(wire, closes_every_descriptor_it_did_not_want, .init = begin)
{
	struct message m = { 0 };
	struct iovec part = { &m, sizeof(m) };
	union { char bytes[CMSG_SPACE(5 * sizeof(int))]; struct cmsghdr align; } control;
	struct msghdr packet = { .msg_iov = &part, .msg_iovlen = 1,
		.msg_control = control.bytes, .msg_controllen = sizeof(control.bytes) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&packet);
	int fds[5] = { 0, 1, 2, 0, 1 }, fd = -1, before = open_count();

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(fds));
	memcpy(CMSG_DATA(c), fds, sizeof(fds));
	cr_assert_eq(sendmsg(ends[0], &packet, 0), (ssize_t)sizeof(m));
	cr_assert_eq(wire_receive(ends[1], &m, &fd), -1);
	cr_assert_eq(errno, EPROTO);
	cr_assert_eq(open_count(), before);
}

Test(wire, text_always_ends, .init = begin)
{
	struct message m, got;
	int fd = -1;

	memset(&m, 'x', sizeof(m));
	send(ends[0], &m, sizeof(m), 0);
	cr_assert_eq(wire_receive(ends[1], &got, &fd), 1);
	cr_assert_eq(strlen(got.text), MESSAGE_TEXT - 1);
}

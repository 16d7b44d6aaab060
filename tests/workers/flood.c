/*
 * flood.c - a worker that says far too much by sd_notify while it serves.
 *
 *     flood COUNT COMMAND...
 *
 * Becomes COMMAND; a child of it sends COUNT datagrams to NOTIFY_SOCKET, of every kind that a keeper
 * has no use for, some with descriptors, and says on stdout how many went out.
 */
#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LONGEST = 60000, DESCRIPTORS = 16, KINDS = 5 };

static socklen_t
place(struct sockaddr_un *to)
{
	const char *name = getenv("NOTIFY_SOCKET");

	memset(to, 0, sizeof *to);
	to->sun_family = AF_UNIX;
	if (name == NULL || strlen(name) >= sizeof to->sun_path)
		return 0;
	memcpy(to->sun_path, name, strlen(name));
	if (*name == '@')
		to->sun_path[0] = '\0';
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));
}

/* Something for each kind of reader to stumble over; the last is the longest that is cut. */
static void
write_kind(struct iovec *part, int kind)
{
	static char bytes[LONGEST];
	static const char *const texts[KINDS - 1] = {
		"STATUS=%s%n%d\nFDSTORE=1\nFDNAME=x\n", "=\n\n==\nREADY\nREADY=\n", "READY=0\n",
		"\1\2\3\377\376 no newline and a NUL \0 inside",
	};

	if (kind < KINDS - 1) {
		part->iov_base = (void *)(unsigned long)texts[kind];
		part->iov_len = kind == KINDS - 2 ? 34 : strlen(texts[kind]);
		return;
	}
	memset(bytes, 'x', sizeof bytes);
	part->iov_base = bytes;
	part->iov_len = sizeof bytes;
}

static void
attach(struct msghdr *packet, char *room, size_t size, int fd)
{
	struct cmsghdr *c;
	int i;

	packet->msg_control = room;
	packet->msg_controllen = size;
	c = CMSG_FIRSTHDR(packet);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(DESCRIPTORS * sizeof(int));
	for (i = 0; i < DESCRIPTORS; i++)
		memcpy(CMSG_DATA(c) + (size_t)i * sizeof fd, &fd, sizeof fd);
}

static int
send_one(int from, struct sockaddr_un *to, socklen_t length, int number, int fd)
{
	union {
		char bytes[CMSG_SPACE(DESCRIPTORS * sizeof(int))];
		struct cmsghdr align;
	} room;
	struct iovec part;
	struct msghdr packet = { .msg_name = to, .msg_namelen = length, .msg_iov = &part,
		.msg_iovlen = 1 };

	/* the long ones are rare: they cost as much as a hundred others */
	write_kind(&part, number % 500 == 0 ? KINDS - 1 : number % (KINDS - 1));
	if (number % 10 == 0)
		attach(&packet, room.bytes, sizeof room.bytes, fd);
	return sendmsg(from, &packet, 0) == -1 ? -1 : 0;
}

static int
flood(int count)
{
	int from = socket(AF_UNIX, SOCK_DGRAM, 0), fd = open("/dev/null", O_RDONLY), sent = 0;
	struct sockaddr_un to;
	socklen_t length = place(&to);

	while (length > 0 && sent < count && send_one(from, &to, length, sent, fd) == 0)
		sent++;
	printf("flooded %d%s%s\n", sent, sent < count ? ": " : "", sent < count ? strerror(errno) : "");
	return sent == count ? 0 : 1;
}

int
main(int count, char **words)
{
	if (count < 3) {
		fprintf(stderr, "usage: flood COUNT COMMAND...\n");
		return 64;
	}
	if (fork() == 0)
		return flood(atoi(words[1]));
	execvp(words[2], words + 2);
	perror(words[2]);
	return 127;
}

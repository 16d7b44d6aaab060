/* unixdiag.c - ask the kernel about UNIX stream sockets. */
#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>

#include "base/fd.h"
#include "handoff/diag.h"
#include "handoff/unixdiag.h"

struct request {
	struct nlmsghdr header;
	struct unix_diag_req what;
};

static int
ask(int netlink, uint32_t sequence, uint32_t inode, uint16_t flags)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct request r = {
		.header = { sizeof(r), SOCK_DIAG_BY_FAMILY, (uint16_t)(NLM_F_REQUEST | flags),
		    sequence, 0 },
		.what = { .sdiag_family = AF_UNIX, .udiag_ino = inode,
		    .udiag_states = 1U << TCP_ESTABLISHED | 1U << TCP_LISTEN,
		    .udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_PEER | UDIAG_SHOW_RQLEN,
		    .udiag_cookie = { ~0U, ~0U } },
	};

	return sendto(netlink, &r, sizeof(r), 0, (struct sockaddr *)&kernel, sizeof(kernel)) ==
	    (ssize_t)sizeof(r) ? 0 : -1;
}

static void
take_attribute(struct unixdiag *s, const struct nlattr *a, const void *bytes, size_t length)
{
	struct unix_diag_rqlen queue;
	uint32_t peer;

	if (a->nla_type == UNIX_DIAG_NAME && length < sizeof(s->path)) {
		memcpy(s->path, bytes, length);
		s->path[length] = '\0';
	} else if (a->nla_type == UNIX_DIAG_PEER && length == sizeof(peer)) {
		memcpy(&peer, bytes, sizeof(peer));
		s->peer = peer;
	} else if (a->nla_type == UNIX_DIAG_RQLEN && length == sizeof(queue)) {
		memcpy(&queue, bytes, sizeof(queue));
		s->queue = queue.udiag_rqueue;
		s->unsent = queue.udiag_wqueue;
	}
}

static int
read_socket(struct unixdiag *s, const struct nlmsghdr *h)
{
	const struct unix_diag_msg *m = NLMSG_DATA(h);
	const char *at = (const char *)(m + 1), *end = (const char *)h + h->nlmsg_len;
	struct nlattr a;

	*s = (struct unixdiag){ .inode = m->udiag_ino,
		.listening = m->udiag_state == TCP_LISTEN };
	while (end - at >= (ptrdiff_t)sizeof(a)) {
		memcpy(&a, at, sizeof(a));
		if (a.nla_len < sizeof(a) || a.nla_len > end - at)
			break;
		take_attribute(s, &a, at + sizeof(a), a.nla_len - sizeof(a));
		at += NLA_ALIGN(a.nla_len);
	}
	if (s->listening)
		s->unsent = 0;		/* its backlog */
	return m->udiag_type == SOCK_STREAM ? 0 : -1;
}

/* One packet of an answer. 1: there is more to come, 0: that was all, -1 with errno. */
static int
take(int netlink, uint32_t sequence, unixdiag_found *found, void *context)
{
	static union {
		char bytes[32768];
		struct nlmsghdr align;
	} packet;
	const struct nlmsghdr *h;
	struct unixdiag s;
	ssize_t n = recv(netlink, packet.bytes, sizeof(packet.bytes), 0);
	int more = 1;

	if (n == -1)
		return errno == EINTR ? 1 : -1;
	for (h = &packet.align; NLMSG_OK(h, (size_t)n); h = NLMSG_NEXT(h, n)) {
		if (h->nlmsg_seq != sequence)
			continue;
		if (h->nlmsg_type == NLMSG_DONE)
			return 0;
		if (h->nlmsg_type == NLMSG_ERROR) {
			errno = -((const struct nlmsgerr *)NLMSG_DATA(h))->error;
			return -1;
		}
		if (read_socket(&s, h) == 0)
			found(context, &s);
		more = (h->nlmsg_flags & NLM_F_MULTI) != 0;
	}
	return more;
}

static int
take_all(int netlink, uint32_t sequence, unixdiag_found *found, void *context)
{
	int more;

	while ((more = take(netlink, sequence, found, context)) == 1)
		;
	return more;
}

int
unixdiag_dump(int netlink, uint32_t sequence, unixdiag_found *found, void *context)
{
	if (ask(netlink, sequence, 0, NLM_F_DUMP) == -1)
		return -1;
	return take_all(netlink, sequence, found, context);
}

static void
keep_answer(void *context, const struct unixdiag *s)
{
	*(struct unixdiag *)context = *s;
}

int
unixdiag_lookup(int netlink, uint32_t sequence, uint64_t inode, struct unixdiag *answer)
{
	struct unixdiag got = { 0 };

	if (ask(netlink, sequence, (uint32_t)inode, 0) == -1 ||
	    take_all(netlink, sequence, keep_answer, &got) == -1)
		return -1;
	*answer = got;
	return 0;
}

/* By descriptor, with a question of its own. */
static int
look_up(int fd, struct unixdiag *answer)
{
	struct stat st;
	int netlink = diag_open(), result = -1;

	if (netlink != -1 && fstat(fd, &st) == 0)
		result = unixdiag_lookup(netlink, 1, st.st_ino, answer);
	fd_close(&netlink);
	return result;
}

int
unixdiag_waiting(int listening)
{
	struct pollfd p = { .fd = listening, .events = POLLIN };
	struct unixdiag s;

	if (look_up(listening, &s) == 0)
		return (int)s.queue;
	return poll(&p, 1, 0);
}

int
unixdiag_accepted(int connection)
{
	struct unixdiag s;

	if (look_up(connection, &s) == 0)
		return s.peer != 0;
	if (errno == ENOENT)	/* ours is there: the kernel has no unix_diag */
		errno = EPROTONOSUPPORT;
	return -1;
}

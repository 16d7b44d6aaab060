/* unixdiag.c - ask the kernel about UNIX stream sockets. */
#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>

#include "base/fd.h"
#include "handoff/netlink.h"
#include "handoff/unixdiag.h"

struct request {
	struct nlmsghdr header;
	struct unix_diag_req what;
};

static int
ask(int netlink, uint32_t sequence, uint32_t inode, uint16_t flags)
{
	struct request r = {
		.header = { sizeof(r), SOCK_DIAG_BY_FAMILY, (uint16_t)(NLM_F_REQUEST | flags),
		    sequence, 0 },
		.what = { .sdiag_family = AF_UNIX, .udiag_ino = inode,
		    .udiag_states = 1U << TCP_ESTABLISHED | 1U << TCP_LISTEN,
		    .udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_PEER | UDIAG_SHOW_RQLEN,
		    .udiag_cookie = { ~0U, ~0U } },
	};

	return netlink_ask(netlink, &r.header);
}

static void
take_attribute(void *context, int type, const void *bytes, size_t length)
{
	struct unixdiag *s = context;
	struct unix_diag_rqlen queue;
	uint32_t peer;

	if (type == UNIX_DIAG_NAME && length < sizeof(s->path)) {
		memcpy(s->path, bytes, length);
		s->path[length] = '\0';
	} else if (type == UNIX_DIAG_PEER && length == sizeof(peer)) {
		memcpy(&peer, bytes, sizeof(peer));
		s->peer = peer;
	} else if (type == UNIX_DIAG_RQLEN && length == sizeof(queue)) {
		memcpy(&queue, bytes, sizeof(queue));
		s->queue = queue.udiag_rqueue;
		s->unsent = queue.udiag_wqueue;
	}
}

struct asked {
	unixdiag_found *found;
	void *context;
};

static void
read_socket(void *context, const struct nlmsghdr *h)
{
	const struct asked *a = context;
	const struct unix_diag_msg *m = NLMSG_DATA(h);
	struct unixdiag s = { .inode = m->udiag_ino, .listening = m->udiag_state == TCP_LISTEN };

	netlink_attributes(h, sizeof(*m), take_attribute, &s);
	if (s.listening)
		s.unsent = 0;		/* its backlog */
	if (m->udiag_type == SOCK_STREAM)
		a->found(a->context, &s);
}

int
unixdiag_dump(int netlink, uint32_t sequence, unixdiag_found *found, void *context)
{
	struct asked asked = { found, context };

	if (ask(netlink, sequence, 0, NLM_F_DUMP) == -1)
		return -1;
	return netlink_answer(netlink, sequence, read_socket, &asked);
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
	struct asked asked = { keep_answer, &got };

	if (ask(netlink, sequence, (uint32_t)inode, 0) == -1 ||
	    netlink_answer(netlink, sequence, read_socket, &asked) == -1)
		return -1;
	*answer = got;
	return 0;
}

/* By descriptor, with a question of its own. */
static int
look_up(int fd, struct unixdiag *answer)
{
	struct stat st;
	int netlink = netlink_open(), result = -1;

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

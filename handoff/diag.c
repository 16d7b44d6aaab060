/* diag.c - ask the kernel about TCP sockets. */
#include <sys/socket.h>

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "handoff/diag.h"
#include "handoff/portcode.h"

struct request {
	struct nlmsghdr header;
	struct inet_diag_req_v2 what;
	struct nlattr attribute;
	struct inet_diag_bc_op code[PORTCODE_OPS];
};

int
diag_open(void)
{
	return socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
}

/* which: NULL for any. */
static int
ask(int netlink, struct request *r, uint32_t sequence, uint16_t flags,
    const struct diag_which *which)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	size_t size = offsetof(struct request, attribute);
	size_t ops = which == NULL ? 0 : portcode_write(r->code, which->ports, which->port_count);

	if (ops > 0) {
		r->attribute.nla_type = INET_DIAG_REQ_BYTECODE;
		r->attribute.nla_len = (uint16_t)(sizeof(r->attribute) + ops * sizeof(*r->code));
		size += r->attribute.nla_len;
	}
	r->header.nlmsg_len = (uint32_t)size;
	r->header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
	r->header.nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	r->header.nlmsg_seq = sequence;
	r->what.sdiag_protocol = IPPROTO_TCP;
	r->what.idiag_ext = 1 << (INET_DIAG_INFO - 1);
	return sendto(netlink, r, size, 0, (struct sockaddr *)&kernel, sizeof(kernel)) ==
	    (ssize_t)size ? 0 : -1;
}

static void
read_info(struct connection *c, const void *bytes, size_t length)
{
	struct tcp_info info = { 0 };

	/* an older kernel has fewer fields, a newer one more */
	memcpy(&info, bytes, length < sizeof(info) ? length : sizeof(info));
	c->bytes_received = info.tcpi_bytes_received;
	c->bytes_sent = info.tcpi_bytes_sent - info.tcpi_bytes_retrans;
	c->received_ago = info.tcpi_last_data_recv;
	c->segments_received = info.tcpi_data_segs_in;
	c->segments_sent = info.tcpi_data_segs_out;
	c->acks_received = info.tcpi_segs_in - info.tcpi_data_segs_in;
	c->acks_sent = info.tcpi_segs_out - info.tcpi_data_segs_out;
	c->ack_delay = info.tcpi_ato / 1000;
	c->unsent = info.tcpi_notsent_bytes;
	c->sent_ago = info.tcpi_last_data_sent;
	c->acked_ago = info.tcpi_last_ack_recv;
}

static uint64_t
read_socket(struct connection *c, const struct nlmsghdr *h)
{
	const struct inet_diag_msg *m = NLMSG_DATA(h);
	const char *at = (const char *)(m + 1), *end = (const char *)h + h->nlmsg_len;
	struct nlattr a;

	memset(c, 0, sizeof(*c));
	c->family = m->idiag_family;
	c->inode = m->idiag_inode;
	c->unread = m->idiag_rqueue;
	c->unacked = m->idiag_wqueue;
	c->local_port = ntohs(m->id.idiag_sport);
	c->remote_port = ntohs(m->id.idiag_dport);
	memcpy(c->local, m->id.idiag_src, sizeof(c->local));
	memcpy(c->remote, m->id.idiag_dst, sizeof(c->remote));
	while (end - at >= (ssize_t)sizeof(a)) {
		memcpy(&a, at, sizeof(a));
		if (a.nla_len < sizeof(a) || a.nla_len > end - at)
			break;
		if (a.nla_type == INET_DIAG_INFO)
			read_info(c, at + sizeof(a), a.nla_len - sizeof(a));
		at += NLA_ALIGN(a.nla_len);
	}
	return (uint64_t)m->id.idiag_cookie[1] << 32 | m->id.idiag_cookie[0];
}

/* One packet of an answer. 1: there is more to come, 0: that was all, -1 with errno. */
static int
take(int netlink, uint32_t sequence, diag_found *found, void *context)
{
	static union {
		char bytes[65536];
		struct nlmsghdr align;
	} packet;
	const struct nlmsghdr *h;
	const struct nlmsgerr *error;
	struct connection c;
	uint64_t cookie;
	ssize_t n = recv(netlink, packet.bytes, sizeof(packet.bytes), 0);
	int more = 1;

	if (n == -1)
		return errno == EINTR ? 1 : -1;
	for (h = &packet.align; NLMSG_OK(h, (size_t)n); h = NLMSG_NEXT(h, n)) {
		if (h->nlmsg_seq != sequence)
			continue;	/* of a question that was given up */
		if (h->nlmsg_type == NLMSG_DONE)
			return 0;
		if (h->nlmsg_type == NLMSG_ERROR) {
			error = NLMSG_DATA(h);
			errno = -error->error;
			return -1;
		}
		cookie = read_socket(&c, h);
		found(context, &c, cookie);
		more = (h->nlmsg_flags & NLM_F_MULTI) != 0;
	}
	return more;
}

/* All of one family. A kernel that does not like the program is asked without it: the caller looks, too. */
static int
dump(int netlink, uint32_t sequence, uint8_t family, const struct diag_which *which,
    diag_found *found, void *context)
{
	struct request r;
	int more, tries;

	for (tries = 0; tries < 2; tries++) {
		memset(&r, 0, sizeof(r));
		r.what.sdiag_family = family;
		r.what.idiag_states = which->states;
		if (ask(netlink, &r, sequence, NLM_F_DUMP, tries == 0 ? which : NULL) == -1)
			return -1;
		while ((more = take(netlink, sequence, found, context)) == 1)
			;
		if (more == 0 || errno == ENOENT)
			return 0;
		if (errno != EINVAL || which->port_count == 0)
			return -1;
	}
	return -1;
}

int
diag_dump(int netlink, uint32_t sequence, const struct diag_which *which, diag_found *found,
    void *context)
{
	bool both = which->v4 == which->v6;

	if ((both || which->v4) && dump(netlink, sequence, AF_INET, which, found, context) == -1)
		return -1;
	if ((both || which->v6) && dump(netlink, sequence, AF_INET6, which, found, context) == -1)
		return -1;
	return 0;
}

static void
keep_answer(void *context, const struct connection *c, uint64_t cookie)
{
	(void)cookie;
	*(struct connection *)context = *c;
}

int
diag_lookup(int netlink, uint32_t sequence, const struct connection *which,
    struct connection *answer)
{
	struct request r = { .what = { .sdiag_family = which->family, .idiag_states = ~0U } };
	struct connection got = { 0 };
	int more;

	r.what.id.idiag_sport = htons(which->local_port);
	r.what.id.idiag_dport = htons(which->remote_port);
	memcpy(r.what.id.idiag_src, which->local, sizeof(which->local));
	memcpy(r.what.id.idiag_dst, which->remote, sizeof(which->remote));
	r.what.id.idiag_cookie[0] = r.what.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
	if (ask(netlink, &r, sequence, 0, NULL) == -1)
		return -1;
	while ((more = take(netlink, sequence, keep_answer, &got)) == 1)
		;
	if (more == -1)
		return -1;
	/* for a connection that is gone the kernel answers with the listener */
	if (got.remote_port != which->remote_port) {
		errno = ENOENT;
		return -1;
	}
	*answer = got;
	return 0;
}

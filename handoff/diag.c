/* diag.c - ask the kernel about TCP sockets. */
#include <sys/socket.h>

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>

#include "handoff/diag.h"
#include "handoff/netlink.h"
#include "handoff/portcode.h"

struct request {
	struct nlmsghdr header;
	struct inet_diag_req_v2 what;
	struct nlattr attribute;
	struct inet_diag_bc_op code[PORTCODE_OPS];
};

/* which: NULL for any. */
static int
ask(int netlink, struct request *r, uint32_t sequence, uint16_t flags,
    const struct diag_which *which)
{
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
	return netlink_ask(netlink, &r->header);
}

static void
read_info(void *context, int type, const void *bytes, size_t length)
{
	struct connection *c = context;
	struct tcp_info info = { 0 };

	if (type != INET_DIAG_INFO)
		return;
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

struct asked {
	diag_found *found;
	void *context;
};

static void
read_socket(void *context, const struct nlmsghdr *h)
{
	const struct asked *a = context;
	const struct inet_diag_msg *m = NLMSG_DATA(h);
	struct connection c;

	memset(&c, 0, sizeof(c));
	c.family = m->idiag_family;
	c.inode = m->idiag_inode;
	c.unread = m->idiag_rqueue;
	c.unacked = m->idiag_wqueue;
	c.local_port = ntohs(m->id.idiag_sport);
	c.remote_port = ntohs(m->id.idiag_dport);
	memcpy(c.local, m->id.idiag_src, sizeof(c.local));
	memcpy(c.remote, m->id.idiag_dst, sizeof(c.remote));
	netlink_attributes(h, sizeof(*m), read_info, &c);
	a->found(a->context, &c, (uint64_t)m->id.idiag_cookie[1] << 32 | m->id.idiag_cookie[0]);
}

/* All of one family. A kernel that does not like the program is asked without it: the caller looks, too. */
static int
dump(int netlink, uint32_t sequence, uint8_t family, const struct diag_which *which,
    diag_found *found, void *context)
{
	struct asked asked = { found, context };
	struct request r;
	int tries;

	for (tries = 0; tries < 2; tries++) {
		memset(&r, 0, sizeof(r));
		r.what.sdiag_family = family;
		r.what.idiag_states = which->states;
		if (ask(netlink, &r, sequence, NLM_F_DUMP, tries == 0 ? which : NULL) == -1)
			return -1;
		if (netlink_answer(netlink, sequence, read_socket, &asked) == 0 || errno == ENOENT)
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
	struct asked asked = { keep_answer, &got };

	r.what.id.idiag_sport = htons(which->local_port);
	r.what.id.idiag_dport = htons(which->remote_port);
	memcpy(r.what.id.idiag_src, which->local, sizeof(which->local));
	memcpy(r.what.id.idiag_dst, which->remote, sizeof(which->remote));
	r.what.id.idiag_cookie[0] = r.what.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
	if (ask(netlink, &r, sequence, 0, NULL) == -1 ||
	    netlink_answer(netlink, sequence, read_socket, &asked) == -1)
		return -1;
	/* for a connection that is gone the kernel answers with the listener */
	if (got.remote_port != which->remote_port) {
		errno = ENOENT;
		return -1;
	}
	*answer = got;
	return 0;
}

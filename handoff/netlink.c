/* netlink.c - the answers of sock_diag(7): messages, and the attributes at their end. */
#include <sys/socket.h>

#include <errno.h>
#include <string.h>

#include "handoff/netlink.h"

int
netlink_open(void)
{
	return socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
}

int
netlink_ask(int netlink, const struct nlmsghdr *header)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };

	return sendto(netlink, header, header->nlmsg_len, 0, (struct sockaddr *)&kernel,
	    sizeof(kernel)) == (ssize_t)header->nlmsg_len ? 0 : -1;
}

/* One packet of an answer. 1: there is more to come, 0: that was all, -1 with errno. */
static int
take(int netlink, uint32_t sequence, netlink_message *message, void *context)
{
	static union {
		char bytes[65536];
		struct nlmsghdr align;
	} packet;
	const struct nlmsghdr *h;
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
			errno = -((const struct nlmsgerr *)NLMSG_DATA(h))->error;
			return -1;
		}
		message(context, h);
		more = (h->nlmsg_flags & NLM_F_MULTI) != 0;
	}
	return more;
}

int
netlink_answer(int netlink, uint32_t sequence, netlink_message *message, void *context)
{
	int more;

	while ((more = take(netlink, sequence, message, context)) == 1)
		;
	return more;
}

void
netlink_attributes(const struct nlmsghdr *h, size_t body, netlink_attribute *attribute,
    void *context)
{
	const char *at = (const char *)NLMSG_DATA(h) + body, *end = (const char *)h + h->nlmsg_len;
	struct nlattr a;

	while (end - at >= (ptrdiff_t)sizeof(a)) {
		memcpy(&a, at, sizeof(a));
		if (a.nla_len < sizeof(a) || a.nla_len > end - at)
			break;
		attribute(context, a.nla_type, at + sizeof(a), a.nla_len - sizeof(a));
		at += NLA_ALIGN(a.nla_len);
	}
}

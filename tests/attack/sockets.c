/* sockets.c - attacks by sockets: out, to the service, to init, and instead of the service. */
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/attack/attack.h"

enum { MPTCP = 262, SMC = 256 };

static struct sockaddr_in
at_port(const char *port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

static int
connect_by(const char *port, int protocol)
{
	const struct sockaddr_in to = at_port(port);
	int fd = socket(AF_INET, SOCK_STREAM, protocol);

	return fd == -1 ? -1 : connect(fd, (const struct sockaddr *)&to, sizeof(to));
}

static int by_tcp(const char *port) { return connect_by(port, 0); }
static int by_mptcp(const char *port) { return connect_by(port, MPTCP); }
static int by_smc(const char *port) { return connect_by(port, SMC); }

/* The data goes with the first packet, and no connect(2) is ever called. */
static int
by_fast_open(const char *port)
{
	const struct sockaddr_in to = at_port(port);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return fd != -1 && sendto(fd, "x", 1, MSG_FASTOPEN, (const struct sockaddr *)&to,
	    sizeof(to)) == 1 ? 0 : -1;
}

static int
by_udp(const char *port)
{
	const struct sockaddr_in to = at_port(port);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	return fd != -1 && sendto(fd, "x", 1, 0, (const struct sockaddr *)&to, sizeof(to)) == 1 ? 0 : -1;
}

/* '@' in front stands for an abstract name. */
static socklen_t
unix_address(struct sockaddr_un *to, const char *name)
{
	*to = (struct sockaddr_un){ .sun_family = AF_UNIX };
	strncpy(to->sun_path, name, sizeof(to->sun_path) - 1);
	if (*name != '@')
		return sizeof(*to);
	to->sun_path[0] = '\0';
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));
}

static int
connect_unix(const char *name, int type)
{
	struct sockaddr_un to;
	socklen_t length = unix_address(&to, name);
	int fd = socket(AF_UNIX, type, 0);

	return fd == -1 ? -1 : connect(fd, (const struct sockaddr *)&to, length);
}

static int to_control(const char *name) { return connect_unix(name, SOCK_SEQPACKET); }
static int by_unix(const char *name) { return connect_unix(name, SOCK_DGRAM); }

/* Half of a pair is a socket like any other: it can be made to forget its peer for another one. */
static int
by_pair(const char *name)
{
	struct sockaddr_un to;
	socklen_t length = unix_address(&to, name);
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == -1)
		return -1;
	return sendto(pair[0], "x", 1, 0, (const struct sockaddr *)&to, length) == 1 ? 0 : -1;
}

static int
by_raw_pair(const char *name)
{
	struct sockaddr_un to;
	socklen_t length = unix_address(&to, name);
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_RAW | SOCK_CLOEXEC, 0, pair) == -1)
		return -1;
	return connect(pair[0], (const struct sockaddr *)&to, length);
}

static int
by_netlink(const char *protocol)
{
	const struct { struct nlmsghdr header; struct rtgenmsg message; } ask = {
		{ .nlmsg_len = sizeof(ask), .nlmsg_type = RTM_GETLINK,
		  .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP }, { AF_UNSPEC },
	};
	int fd = socket(AF_NETLINK, SOCK_RAW, *protocol != '\0' ? atoi(protocol) : NETLINK_ROUTE);

	if (fd == -1 || *protocol != '\0')
		return fd == -1 ? -1 : 0;
	return send(fd, &ask, sizeof(ask), 0) == -1 ? -1 : 0;
}

/* Whoever is behind it: the host, where it offers one. */
static int
by_vsock(const char *nothing)
{
	(void)nothing;
	return socket(AF_VSOCK, SOCK_STREAM, 0) == -1 ? -1 : 0;
}

static int
by_raw(const char *nothing)
{
	(void)nothing;
	return socket(AF_INET, SOCK_RAW, IPPROTO_ICMP) == -1 ? -1 : 0;
}

static int
by_packet(const char *nothing)
{
	(void)nothing;
	return socket(AF_PACKET, SOCK_RAW, 0) == -1 ? -1 : 0;
}

/* Beside the service: with SO_REUSEPORT its connections come to us as well. */
static int
steal(const char *port, int protocol)
{
	const struct sockaddr_in at = at_port(port);
	int fd = socket(AF_INET, SOCK_STREAM, protocol), on = 1;

	if (fd == -1 || setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) == -1 ||
	    bind(fd, (const struct sockaddr *)&at, sizeof(at)) == -1)
		return -1;
	return listen(fd, 1);
}

static int steal_by_tcp(const char *port) { return steal(port, 0); }
static int steal_by_mptcp(const char *port) { return steal(port, MPTCP); }

const struct attack attacks_by_sockets[] = {
	{ "tcp", by_tcp }, { "mptcp", by_mptcp }, { "smc", by_smc }, { "fast-open", by_fast_open },
	{ "udp", by_udp }, { "control", to_control }, { "unix", by_unix }, { "dgram-pair", by_pair },
	{ "raw-pair", by_raw_pair }, { "netlink", by_netlink }, { "vsock", by_vsock },
	{ "raw", by_raw }, { "packet", by_packet }, { "bind", steal_by_tcp },
	{ "bind-mptcp", steal_by_mptcp }, { NULL, NULL },
};

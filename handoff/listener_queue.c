/* listener_queue.c - who waits in the queues of a listener, and was turned away. */
#include <sys/socket.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <errno.h>
#include <linux/sock_diag.h>
#include <unistd.h>

#include "base/fd.h"
#include "handoff/listener.h"
#include "handoff/unixdiag.h"

enum { FLUSH_MOST = 4096 };

static int
queue_of(int fd)
{
	struct tcp_info info = { 0 };
	socklen_t length = sizeof(info);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) == -1)
		return -1;
	return (int)info.tcpi_unacked;
}

int
listener_queue(const struct listener *l, int slot)
{
	int i, n, all = 0;

	for (i = 0; i < listener_sockets(l, slot); i++) {
		n = l->address.family == AF_UNIX ? unixdiag_waiting(listener_socket(l, slot, i)) :
		    queue_of(listener_socket(l, slot, i));
		if (n == -1)
			return -1;
		all += n;
	}
	return all;
}

int64_t
listener_dropped(const struct listener *l)
{
	uint32_t info[SK_MEMINFO_VARS];		/* Linux 4.11 */
	socklen_t length;
	int64_t all = 0;
	int i;

	for (i = 0; i < (l->slots == 0 ? 1 : l->slots * l->width); i++) {
		length = sizeof(info);
		if (getsockopt(l->sockets[i], SOL_SOCKET, SO_MEMINFO, info, &length) == -1 ||
		    length <= SK_MEMINFO_DROPS * sizeof(info[0]))
			return -1;
		all += info[SK_MEMINFO_DROPS];
	}
	return all;
}

/* Has its client not gone away by itself, as a probe does that nobody answered? */
static bool
still_wanted(int fd)
{
	char byte;
	ssize_t n = recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

	return n > 0 || (n == -1 && errno == EAGAIN);
}

static int
flush(int socket, uint16_t probe_port)
{
	int fd, taken = 0, lost = 0;
	struct sockaddr_storage from;
	struct address client;
	socklen_t length = sizeof(from);

	/* O_NONBLOCK belongs to the description, and the worker that had it may have cleared it */
	if (fd_nonblock(socket, 1) == -1)
		return 0;
	/* bounded: a flood of new connections must not keep PID 1 here */
	while (taken++ < FLUSH_MOST && (fd = accept4(socket, (struct sockaddr *)&from, &length,
	    SOCK_CLOEXEC | SOCK_NONBLOCK)) != -1) {
		if (address_from_sockaddr(&client, &from, length) == -1 ||
		    client.port != probe_port)
			lost += still_wanted(fd);
		fd_close(&fd);
		length = sizeof(from);
	}
	return lost;
}

int
listener_flush(const struct listener *l, int slot, uint16_t probe_port)
{
	int i, lost = 0;

	for (i = 0; i < listener_sockets(l, slot); i++)
		lost += flush(listener_socket(l, slot, i), probe_port);
	return lost;
}

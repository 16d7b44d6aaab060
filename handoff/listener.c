/* listener.c - a fixed group of listening sockets. */
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "handoff/listener.h"

enum { BACKLOG = 4096, DOOR_BACKLOG = 1 };	/* the first is cut to net.core.somaxconn */

static int
option_on(int fd, int level, int name)
{
	int on = 1;

	return setsockopt(fd, level, name, &on, sizeof(on));
}

void
listener_wish_nothing(struct listener_wish *w)
{
	*w = (struct listener_wish){ .rights = { -1, -1, -1 } };
}

static bool
is_unix(const struct listener *l)
{
	return l->address.family == AF_UNIX;
}

/* TCP has options that are of no use after bind(2), or listen(2). */
static int
bind_one(const struct address *a, bool v6only, const struct traits *traits)
{
	struct sockaddr_storage where;
	socklen_t length = address_to_sockaddr(a, &where);
	int fd = socket(a->family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int both = v6only;

	if (fd == -1)
		return -1;
	traits_apply(fd, traits);
	if (option_on(fd, SOL_SOCKET, SO_REUSEADDR) == -1 ||
	    option_on(fd, SOL_SOCKET, SO_REUSEPORT) == -1 ||
	    (a->family == AF_INET6 &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &both, sizeof(both)) == -1) ||
	    bind(fd, (struct sockaddr *)&where, length) == -1)
		fd_close(&fd);
	return fd;
}

/* Where the door stands: behind all slots. */
static int
door_of(const struct listener *l)
{
	return l->slots * l->width;
}

static int
make_one(const struct listener *l, int index, bool v6only)
{
	int fd;

	if (!is_unix(l))
		return bind_one(&l->address, v6only, &l->wish.traits);
	if ((fd = unix_bind(&l->address, index)) != -1)
		traits_apply(fd, &l->wish.traits);
	return fd;
}

static int
backlog_of(const struct listener *l)
{
	return l->wish.backlog > 0 ? l->wish.backlog : BACKLOG;
}

static int
open_group(struct listener *l, bool v6only)
{
	int door = door_of(l), i;

	for (i = 0; i <= door; i++)
		l->sockets[i] = -1;
	for (i = 0; i <= door; i++)
		if ((l->sockets[i] = make_one(l, i, v6only)) == -1)
			goto failed;
	for (i = 0; i <= door; i++)		/* the order of listen() is the order of the group */
		if (listen(l->sockets[i], i < door || i == 0 ? backlog_of(l) : DOOR_BACKLOG) == -1)
			goto failed;
	return 0;
failed:
	listener_close(l);
	return -1;
}

/* What to try in turn for an address: both families, then IPv6 alone, then IPv4 alone. */
static int
open_somehow(struct listener *l)
{
	if (is_unix(l))
		return unix_claim(&l->address) == 0 ? open_group(l, false) : -1;
	if (l->wish.v6only)
		return open_group(l, true);
	if (open_group(l, false) == 0)
		return 0;
	if (l->address.family != AF_INET6 || !address_is_wildcard(&l->address))
		return -1;
	if (errno == EADDRINUSE) {
		l->wish.v6only = true;
		return open_group(l, true);
	}
	if (errno != EAFNOSUPPORT && errno != EADDRNOTAVAIL)
		return -1;
	l->address.family = AF_INET;
	return open_group(l, false);
}

/*
 * Bar the door: connect to it ourselves until its queue is full. From then on the kernel drops each
 * SYN for it (net/ipv4/tcp_input.c: tcp_conn_request), and who is steered there tries again and is
 * refused, or served by the next one, but never accepted by nobody. No privilege is needed, unlike
 * for a filter on the socket.
 */
bool
listener_bar(struct listener *l)
{
	struct steer door = { .slot = l->slots, .probe_slot = -1 };
	struct address to = address_reachable(&l->address);
	struct sockaddr_storage where;
	socklen_t length;
	int i;

	if (l->address.family == AF_INET6 && to.family == AF_INET && !listener_takes_ipv4(l))
		to = address_loopback6(l->address.port);	/* IPv4 is somebody else's */
	if (is_unix(l))
		unix_slot(&to, &l->address, l->slots);
	else if (listener_steer(l, &door) == -1)
		return false;
	length = address_to_sockaddr(&to, &where);
	for (i = 0; i < LISTENER_PLUGS; i++) {
		l->plugs[i] = socket(to.family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (l->plugs[i] != -1 &&
		    connect(l->plugs[i], (struct sockaddr *)&where, length) == -1)
			fd_close(&l->plugs[i]);
	}
	l->barred = is_unix(l) ? l->plugs[0] != -1 && l->plugs[LISTENER_PLUGS - 1] != -1 :
	    listener_queue(l, l->slots) == LISTENER_PLUGS;
	return l->barred;
}

int
listener_open(struct listener *l, const struct address *address, int slots)
{
	struct listener made = { .address = *address, .wish = l->wish, .slots = slots, .width = 1 };
	struct steer first = { .slot = 0, .probe_slot = -1 };
	int i, kept;

	if (slots > 0 && l->width > 1 && !is_unix(&made))
		made.width = l->width;
	if (door_of(&made) > LISTENER_SOCKETS) {
		errno = EINVAL;
		return -1;
	}
	for (i = 0; i < LISTENER_PLUGS; i++)
		made.plugs[i] = -1;
	if (is_unix(&made) && unix_resolve(&made.address, NULL, NULL) == -1)
		return -1;
	if (open_somehow(&made) == -1)
		return -1;
	/* attach only after every slot listens: before, bind and listen fail with EADDRINUSE */
	if (slots > 0)
		listener_bar(&made);
	if ((is_unix(&made) ? unix_point(&made.address, 0, &made.wish.rights) :
	    listener_steer(&made, &first)) == -1) {
		kept = errno;
		listener_close(&made);
		errno = kept;
		return -1;
	}
	for (i = 0; i < door_of(&made) && !is_unix(&made); i++)
		option_on(made.sockets[i], SOL_SOCKET, SO_LOCK_FILTER);
	memcpy(made.name, l->name, sizeof(made.name));
	made.declared = l->declared;
	*l = made;
	return 0;
}

void
listener_close(struct listener *l)
{
	int i;

	for (i = 0; i <= door_of(l); i++)
		fd_close(&l->sockets[i]);
	for (i = 0; i < LISTENER_PLUGS; i++)
		fd_close(&l->plugs[i]);
	listener_remove(l);
}

void
listener_remove(const struct listener *l)
{
	if (is_unix(l))
		unix_remove(&l->address, l->slots + 1);
}

/* Everybody is steered to one socket, which is none of a slot's. */
static void
to_the_door(struct steer *s, const struct listener *l)
{
	if (s->probe_slot != -1) {
		s->probe_slot = s->probe_slot * l->width + s->probe_worker;
		s->probe_worker = 0;
	}
	s->slot = door_of(l);
	s->moved = 0;
	s->width = 1;
}

int
listener_sockets(const struct listener *l, int slot)
{
	return slot == l->slots ? 1 : l->width;
}

void
listener_deepen(const struct listener *l, int slot)
{
	int i;

	for (i = 0; i < listener_sockets(l, slot) && l->wish.backlog > 0; i++)
		listen(listener_socket(l, slot, i), l->wish.backlog);
}

int
listener_steer(const struct listener *l, const struct steer *s)
{
	struct sock_filter code[STEER_MOST];
	struct sock_fprog program = { .filter = code };
	struct steer own = *s;

	if (is_unix(l))
		return unix_point(&l->address, l->slots == 0 ? 0 : s->slot, NULL);
	if (l->slots == 0)
		return 0;
	own.width = l->width;
	if (l->width == 1)
		own.probe_worker = 0;
	if (s->slot == l->slots)
		to_the_door(&own, l);
	program.len = (unsigned short)steer_program(code, &own);
	return setsockopt(l->sockets[door_of(l)], SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program,
	    sizeof(program));
}

int
listener_socket(const struct listener *l, int slot, int worker)
{
	if (l->slots == 0)
		return l->sockets[0];
	return l->sockets[slot * l->width + (l->width > 1 ? worker : 0)];
}

bool
listener_takes_ipv4(const struct listener *l)
{
	int only = 0;
	socklen_t length = sizeof(only);

	return l->address.family == AF_INET6 &&
	    getsockopt(l->sockets[0], IPPROTO_IPV6, IPV6_V6ONLY, &only, &length) == 0 && !only;
}

bool
listener_is_local(const struct address *a)
{
	struct address any_port = *a;
	struct sockaddr_storage where;
	socklen_t length;
	int fd = socket(a->family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool is;

	any_port.port = 0;
	length = address_to_sockaddr(&any_port, &where);
	is = fd != -1 && bind(fd, (struct sockaddr *)&where, length) == 0;
	fd_close(&fd);
	return is;
}

void
listener_shut(const struct listener *l)
{
	int i;

	for (i = 0; i <= door_of(l); i++)
		shutdown(l->sockets[i], SHUT_RDWR);
}

/* Did it listen? It does from here on, with the backlog it had: its worker may have asked for less. */
static bool
listens(int fd, int backlog)
{
	int listening = 0;
	socklen_t length = sizeof(listening);
	bool did = getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &length) == -1 || listening;

	listen(fd, backlog);
	return did;
}

/*
 * When a member leaves, the kernel puts the last one in its place (net/core/sock_reuseport.c:
 * __reuseport_detach_sock): that was the door. Who listens again is last. So the door leaves, which
 * brings it back to its own place, and is last again; its plugs are gone with it.
 */
static void
put_back(struct listener *l)
{
	int door = l->sockets[door_of(l)], i;

	l->barred = false;
	for (i = 0; i < LISTENER_PLUGS; i++)
		fd_close(&l->plugs[i]);
	shutdown(door, SHUT_RDWR);
	listen(door, DOOR_BACKLOG);
}

int
listener_check(struct listener *l, int slot)
{
	int shut = 0, i;

	for (i = 0; i < listener_sockets(l, slot); i++)
		shut += !listens(listener_socket(l, slot, i), backlog_of(l));
	if (shut == 1 && l->slots > 0 && !is_unix(l))
		put_back(l);
	return shut;
}

/* The port that a socket bound to port 0 was given. */
static int
settle_port(struct listener *l)
{
	struct sockaddr_storage where;
	socklen_t length = sizeof(where);

	if (getsockname(l->sockets[0], (struct sockaddr *)&where, &length) == -1)
		return -1;
	return address_from_sockaddr(&l->address, &where, length);
}

/* One connection to a listener of two slots, steered to the second: does the second get it? */
static bool
second_gets_it(const struct listener *l)
{
	struct steer second = { .slot = 1, .probe_slot = -1 };
	struct sockaddr_storage where;
	socklen_t length = address_to_sockaddr(&l->address, &where);
	int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool works;

	if (client == -1)
		return false;
	works = listener_steer(l, &second) == 0 &&
	    connect(client, (struct sockaddr *)&where, length) == 0 && listener_queue(l, 1) == 1 &&
	    listener_flush(l, 1, 0) == 1;
	fd_close(&client);
	return works;
}

bool
listener_steering_works(void)
{
	struct listener l = { .slots = 1, .width = 1, .sockets = { -1, -1 }, .plugs = { -1, -1 } };
	struct address any = { .family = AF_INET, .ip = { 127, 0, 0, 1 } };
	const struct traits usual = { 0 };
	bool works = false;
	int tries;

	l.address = any;
	if ((l.sockets[0] = bind_one(&any, false, &usual)) == -1)
		return false;
	if (settle_port(&l) == 0 && (l.sockets[1] = bind_one(&l.address, false, &usual)) != -1) {
		works = listen(l.sockets[0], 8) == 0 && listen(l.sockets[1], 8) == 0;
		/* by a hash one in two would be right by luck: eight in a row are not */
		for (tries = 0; works && tries < 8; tries++)
			works = second_gets_it(&l);
	}
	listener_close(&l);
	return works;
}

/* What a socket had before bind: read from one, set on another. */
#include <criterion/criterion.h>

#include <sys/socket.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include "handoff/traits.h"

static int
get(int fd, int level, int option)
{
	int value = -1;
	socklen_t length = sizeof(value);

	getsockopt(fd, level, option, &value, &length);
	return value;
}

static void
set(int fd, int level, int option, int value)
{
	cr_assert_eq(setsockopt(fd, level, option, &value, sizeof(value)), 0);
}

Test(traits, has_nothing_of_a_plain_socket)
{
	struct traits t;

	traits_read(socket(AF_INET, SOCK_STREAM, 0), &t);
	cr_assert_eq(t.given, 0);
	traits_read(socket(AF_UNIX, SOCK_STREAM, 0), &t);
	cr_assert_eq(t.given, 0);
}

Test(traits, goes_from_one_socket_to_another)
{
	int from = socket(AF_INET6, SOCK_STREAM, 0), to = socket(AF_INET6, SOCK_STREAM, 0);
	struct traits t;

	set(from, SOL_SOCKET, SO_RCVBUF, 50000);
	set(from, SOL_SOCKET, SO_KEEPALIVE, 1);
	set(from, IPPROTO_TCP, TCP_KEEPIDLE, 33);
	set(from, IPPROTO_TCP, TCP_NODELAY, 1);
	set(from, IPPROTO_TCP, TCP_DEFER_ACCEPT, 5);
	traits_read(from, &t);
	cr_assert_eq(listen(to, 4), 0);
	cr_assert_eq(traits_apply(to, &t), 0);
	cr_assert_eq(get(to, SOL_SOCKET, SO_RCVBUF), 100000, "not doubled twice");
	cr_assert_eq(get(to, SOL_SOCKET, SO_KEEPALIVE), 1);
	cr_assert_eq(get(to, IPPROTO_TCP, TCP_KEEPIDLE), 33);
	cr_assert_eq(get(to, IPPROTO_TCP, TCP_NODELAY), 1);
	cr_assert_eq(get(to, IPPROTO_TCP, TCP_DEFER_ACCEPT), get(from, IPPROTO_TCP, TCP_DEFER_ACCEPT));
}

Test(traits, says_what_cannot_be_had)
{
	struct traits t = { 0 };

	traits_add(&t, TRAIT_MAXSEG, 1);
	cr_assert_eq(traits_apply(socket(AF_INET, SOCK_STREAM, 0), &t), 1U << TRAIT_MAXSEG);
	/* a UNIX socket has no such thing */
	cr_assert_eq(traits_apply(socket(AF_UNIX, SOCK_STREAM, 0), &t), 0);
	cr_assert_str_eq(traits_name(TRAIT_MAXSEG), "TCP_MAXSEG");
	cr_assert_eq(traits_find(IPPROTO_TCP, TCP_MAXSEG), TRAIT_MAXSEG);
	cr_assert_eq(traits_find(IPPROTO_TCP, TCP_QUICKACK), -1);
}

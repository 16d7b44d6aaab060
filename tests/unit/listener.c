/* A group of slots on loopback: the steering, the queue counts, the door. */
#include <criterion/criterion.h>

#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <unistd.h>

#include "handoff/listener.h"

static struct listener l;

static void
begin_wide(int width)
{
	struct address a = { .family = AF_INET, .ip = { 127, 0, 0, 1 } };
	int tries;

	/* any port that is free; two tests may be after the same one */
	for (tries = 0; tries < 100; tries++) {
		l.width = width;
		a.port = (uint16_t)(20000 + (getpid() * 7 + tries * 131) % 30000);
		if (listener_open(&l, &a, 4) == 0)
			return;
	}
	cr_assert_fail("no port is free");
}

static void
begin(void)
{
	begin_wide(1);
}

static void
begin_spread(void)
{
	begin_wide(8);
}

/* Connect and wait for at most 100 ms. The socket, or -1 when nobody took it. */
static int
reach(void)
{
	struct sockaddr_storage where;
	socklen_t length = address_to_sockaddr(&l.address, &where);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	if (connect(fd, (struct sockaddr *)&where, length) == 0 ||
	    (poll(&p, 1, 100) == 1 && !(p.revents & POLLERR)))
		return fd;
	close(fd);
	return -1;
}

static void
steer_to(int slot)
{
	struct steer s = { .slot = slot, .probe_slot = -1 };

	cr_assert_eq(listener_steer(&l, &s), 0);
}

Test(listener, steers_each_connection_to_one_slot, .init = begin)
{
	int slot, other;

	for (slot = 0; slot < 4; slot++) {
		steer_to(slot);
		cr_assert_neq(reach(), -1);
		cr_assert_neq(reach(), -1);
		for (other = 0; other < 4; other++)
			cr_assert_eq(listener_queue(&l, other), other <= slot ? 2 : 0);
	}
}

Test(listener, lets_nobody_through_the_door, .init = begin)
{
	cr_assert(l.barred);
	steer_to(4);
	cr_assert_eq(reach(), -1);
	steer_to(1);
	cr_assert_neq(reach(), -1);
}

Test(listener, flushes_without_waiting_even_a_blocking_slot, .init = begin)
{
	steer_to(2);
	cr_assert_neq(reach(), -1);
	cr_assert_neq(reach(), -1);
	/* as a worker leaves it that wants a blocking socket */
	fcntl(l.sockets[2], F_SETFL, 0);
	cr_assert_eq(listener_flush(&l, 2, 0), 2);
	cr_assert_eq(listener_flush(&l, 2, 0), 0);
}

Test(listener, does_not_count_who_has_gone_away, .init = begin)
{
	int fd;

	steer_to(0);
	fd = reach();
	cr_assert_neq(reach(), -1);
	close(fd);
	cr_assert_eq(listener_flush(&l, 0, 0), 1);
}

Test(listener, locks_the_steering_of_what_is_given_away, .init = begin)
{
	struct sock_filter code[] = { BPF_STMT(BPF_RET | BPF_K, 3) };
	struct sock_fprog program = { 1, code };

	cr_assert_eq(setsockopt(l.sockets[0], SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program,
	    sizeof(program)), -1);
	cr_assert_eq(errno, EPERM);
}

Test(listener, listens_again_on_a_slot_that_was_shut_down, .init = begin)
{
	cr_assert_eq(listener_check(&l, 1), 0);
	shutdown(l.sockets[1], SHUT_RDWR);
	cr_assert_eq(listener_check(&l, 1), 1);
	cr_assert_eq(listener_check(&l, 1), 0);
}

Test(listener, gives_a_slot_its_backlog_back, .init = begin)
{
	struct tcp_info info = { 0 };
	socklen_t length = sizeof(info);

	listen(l.sockets[1], 1);
	cr_assert_eq(listener_check(&l, 1), 0);
	cr_assert_eq(getsockopt(l.sockets[1], IPPROTO_TCP, TCP_INFO, &info, &length), 0);
	cr_assert_gt(info.tcpi_sacked, 1, "the backlog, of a socket that listens");
}

Test(listener, brings_a_slot_that_was_shut_down_back_to_its_place, .init = begin)
{
	int slot;

	shutdown(l.sockets[1], SHUT_RDWR);
	cr_assert_eq(listener_check(&l, 1), 1);
	for (slot = 0; slot < l.slots; slot++) {
		steer_to(slot);
		cr_assert_neq(reach(), -1);
		cr_assert_eq(listener_queue(&l, slot), 1, "slot %d is somewhere else", slot);
	}
	cr_assert_not(l.barred);
	cr_assert(listener_bar(&l));
	steer_to(l.slots);
	cr_assert_eq(reach(), -1);
}

Test(listener, says_when_an_address_is_taken, .init = begin)
{
	struct listener second = { 0 };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct address a = l.address;
	struct sockaddr_storage where;
	socklen_t length;

	a.port++;
	length = address_to_sockaddr(&a, &where);
	if (bind(fd, (struct sockaddr *)&where, length) == -1 || listen(fd, 1) == -1)
		cr_skip_test("the next port is taken");
	cr_assert_eq(listener_open(&second, &a, 4), -1);
	cr_assert_eq(errno, EADDRINUSE);
}

Test(listener, finds_that_this_kernel_steers)
{
	cr_assert(listener_steering_works());
}

static int
queue_of_worker(int slot, int worker)
{
	struct listener one = { .slots = 1, .width = 1 };

	one.sockets[0] = listener_socket(&l, slot, worker);
	return listener_queue(&one, 0);
}

Test(listener, spreads_a_slot_over_its_workers, .init = begin_spread)
{
	int i, of_first = 0;

	steer_to(2);
	for (i = 0; i < 64; i++)
		cr_assert_neq(reach(), -1);
	cr_assert_eq(listener_queue(&l, 2), 64);
	for (i = 0; i < 8; i++)
		of_first += queue_of_worker(2, i) > 0;
	cr_assert_geq(of_first, 5, "of 8 sockets only %d got any of 64 connections", of_first);
	cr_assert_eq(listener_flush(&l, 2, 0), 64);
	cr_assert_eq(listener_queue(&l, 2), 0);
}

Test(listener, gives_nothing_to_a_worker_that_is_down, .init = begin_spread)
{
	struct steer s = { .slot = 1, .probe_slot = -1, .down = 0xff & ~(1u << 6) };
	int i;

	cr_assert_eq(listener_steer(&l, &s), 0);
	for (i = 0; i < 16; i++)
		cr_assert_neq(reach(), -1);
	cr_assert_eq(queue_of_worker(1, 6), 16);
}

Test(listener, has_a_door_behind_wide_slots_too, .init = begin_spread)
{
	cr_assert(l.barred);
	steer_to(4);
	cr_assert_eq(reach(), -1);
	shutdown(listener_socket(&l, 3, 7), SHUT_RDWR);
	cr_assert_eq(listener_check(&l, 3), 1);
	cr_assert_eq(listener_check(&l, 3), 0);
}

Test(listener, has_room_for_so_many_sockets_and_no_more)
{
	struct listener many = { .width = LISTENER_SOCKETS / 4 + 1 };
	struct address a = { .family = AF_INET, .ip = { 127, 0, 0, 1 } };

	cr_assert_eq(listener_open(&many, &a, 4), -1);
	cr_assert_eq(errno, EINVAL);
}

Test(listener, counts_what_the_kernel_drops_at_its_slots)
{
	struct sockaddr_in where = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	struct listener one = { .slots = 0, .width = 1, .sockets = { -1 } };
	socklen_t length = sizeof(where);
	int i, fd;

	one.sockets[0] = socket(AF_INET, SOCK_STREAM, 0);
	cr_assert_eq(bind(one.sockets[0], (struct sockaddr *)&where, sizeof(where)), 0);
	cr_assert_eq(getsockname(one.sockets[0], (struct sockaddr *)&where, &length), 0);
	cr_assert_eq(listen(one.sockets[0], 0), 0);
	cr_expect_eq(listener_dropped(&one), 0);
	for (i = 0; i < 4; i++) {
		fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		connect(fd, (struct sockaddr *)&where, sizeof(where));
	}
	cr_expect_gt(listener_dropped(&one), 0);
	close(one.sockets[0]);
	cr_expect_eq(listener_dropped(&one), -1);
}

/* On a port that nobody has, of IPv4 neither if it is to take both. */
static struct listener
open_any(const char *text, bool both)
{
	struct listener any = { .slots = 0 };
	struct address a;
	int tries;

	cr_assert_eq(address_parse(&a, text), 0);
	for (tries = 0; tries < 100; tries++) {
		a.port = (uint16_t)(20000 + (getpid() * 11 + tries * 137) % 30000);
		if (listener_open(&any, &a, 3) == -1)
			continue;
		if (!both || listener_takes_ipv4(&any))
			return any;
		listener_close(&any);
	}
	cr_assert_fail("no port is free");
	return any;
}

Test(listener, knows_whether_it_takes_both_families)
{
	struct listener both = open_any("[::]:1", true), v4 = open_any("0.0.0.0:1", false);
	int on = 1, alone = socket(AF_INET6, SOCK_STREAM, 0);

	cr_expect_not(listener_takes_ipv4(&v4), "of IPv6 and IPv4");
	cr_assert_eq(setsockopt(alone, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)), 0);
	close(both.sockets[0]);
	both.sockets[0] = alone;
	cr_expect_not(listener_takes_ipv4(&both));
	listener_close(&both);
	listener_close(&v4);
}

Test(listener, knows_the_addresses_of_this_machine)
{
	struct address a;

	cr_assert_eq(address_parse(&a, "127.0.0.2:80"), 0);
	cr_expect(listener_is_local(&a), "the port does not matter");
	cr_assert_eq(address_parse(&a, "203.0.113.7:80"), 0);
	cr_expect_not(listener_is_local(&a));
}

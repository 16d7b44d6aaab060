/* The steering program, run by an interpreter of the few instructions it uses. */
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "handoff/steer.h"

/* A SYN as the program sees it: the IP header, and behind it the ports. */
static uint8_t packet[64];
static uint32_t drawn;		/* what chance says */

static uint32_t
load(const struct sock_filter *f)
{
	uint32_t at = f->k - (uint32_t)SKF_NET_OFF;

	if (f->k == (uint32_t)(SKF_AD_OFF + SKF_AD_RANDOM))
		return drawn;
	switch (BPF_SIZE(f->code)) {
	case BPF_B:
		return packet[at];
	case BPF_H:
		return (uint32_t)packet[at] << 8 | packet[at + 1];
	default:
		return (uint32_t)packet[at] << 24 | (uint32_t)packet[at + 1] << 16 |
		    (uint32_t)packet[at + 2] << 8 | packet[at + 3];
	}
}

static uint32_t
reckon(const struct sock_filter *f, uint32_t a, uint32_t x)
{
	uint32_t by = BPF_SRC(f->code) == BPF_X ? x : f->k;

	switch (BPF_OP(f->code)) {
	case BPF_AND:
		return a & by;
	case BPF_MOD:
		return a % by;
	case BPF_ADD:
		return a + by;
	case BPF_XOR:
		return a ^ by;
	case BPF_MUL:
		return a * by;
	case BPF_RSH:
		return a >> by;
	default:
		cr_assert_fail("unknown reckoning %d", f->code);
	}
	return 0;
}

/* How many instructions are passed over. */
static uint32_t
jump(const struct sock_filter *f, uint32_t a)
{
	if (BPF_OP(f->code) == BPF_JA)
		return f->k;
	return (BPF_OP(f->code) == BPF_JGE ? a >= f->k : a == f->k) ? f->jt : f->jf;
}

static uint32_t
run(const struct sock_filter *f, int count)
{
	uint32_t a = 0, x = 0;
	int at;

	for (at = 0; at < count; at++)
		switch (BPF_CLASS(f[at].code)) {
		case BPF_LD:
			a = load(&f[at]);
			break;
		case BPF_ALU:
			a = reckon(&f[at], a, x);
			break;
		case BPF_JMP:
			at += (int)jump(&f[at], a);
			break;
		case BPF_MISC:
			x = a;
			break;
		case BPF_RET:
			return BPF_RVAL(f[at].code) == BPF_A ? a : f[at].k;
		default:
			cr_assert_fail("unknown instruction %d", f[at].code);
		}
	cr_assert_fail("the program has no end");
	return 0;
}

static void
from(const char *address)
{
	struct address a;

	cr_assert_eq(address_parse(&a, address), 0);
	memset(packet, 0, sizeof(packet));
	packet[0] = a.family == AF_INET ? 0x45 : 0x60;
	if (a.family == AF_INET6)
		packet[1] = 0x12;	/* a flow label */
	memcpy(packet + (a.family == AF_INET ? 12 : 8), a.ip, a.family == AF_INET ? 4 : 16);
	packet[a.family == AF_INET ? 20 : 40] = (uint8_t)(a.port >> 8);
	packet[(a.family == AF_INET ? 20 : 40) + 1] = (uint8_t)a.port;
}

static uint32_t
steered(const char *probe, const char *client)
{
	struct sock_filter code[STEER_MOST];
	struct steer s = { .slot = 1, .probe_slot = probe != NULL ? 3 : -1 };
	int count;

	if (probe != NULL)
		cr_assert_eq(address_parse(&s.probe, probe), 0);
	count = steer_program(code, &s);
	cr_assert_leq(count, STEER_MOST);
	from(client);
	return run(code, count);
}

Test(steer, sends_everybody_to_one_slot)
{
	cr_assert_eq(steered(NULL, "10.0.0.1:4000"), 1);
	cr_assert_eq(steered(NULL, "[2001:db8::1]:4000"), 1);
}

Test(steer, sends_the_probe_alone_to_the_candidate)
{
	cr_assert_eq(steered("127.0.0.1:4000", "127.0.0.1:4000"), 3);
	cr_assert_eq(steered("127.0.0.1:4000", "127.0.0.1:4001"), 1);
	cr_assert_eq(steered("127.0.0.1:4000", "127.0.0.2:4000"), 1);
	cr_assert_eq(steered("127.0.0.1:4000", "[::1]:4000"), 1);
	cr_assert_eq(steered("[::1]:4000", "[::1]:4000"), 3);
	cr_assert_eq(steered("[::1]:4000", "[::2]:4000"), 1);
	cr_assert_eq(steered("[::1]:4000", "[::1]:4001"), 1);
	cr_assert_eq(steered("[::1]:4000", "127.0.0.1:4000"), 1);
}

/* Who gets the connections of the draws 0, 1, 2 ...: a bit each. */
static uint64_t
reached(const struct steer *s, int draws)
{
	struct sock_filter code[STEER_MOST];
	int count = steer_program(code, s);
	uint64_t all = 0;
	uint32_t to;

	cr_assert_leq(count, STEER_MOST);
	from("10.0.0.1:4000");
	for (drawn = 0; drawn < (uint32_t)draws; drawn++) {
		to = run(code, count) - (uint32_t)(s->slot * s->width);
		cr_assert_lt(to, (uint32_t)s->width);
		all |= UINT64_C(1) << to;
	}
	return all;
}

Test(steer, draws_among_the_sockets_of_a_wide_slot)
{
	struct steer s = { .slot = 2, .width = 4, .probe_slot = -1 };

	cr_assert_eq(reached(&s, 4), 0xf);
	s.width = STEER_WIDTH;
	cr_assert_eq(reached(&s, STEER_WIDTH), UINT64_MAX);
}

Test(steer, passes_over_who_is_down)
{
	struct steer s = { .slot = 1, .width = 4, .probe_slot = -1 };

	for (s.down = 0; s.down < 0xf; s.down++)	/* each of the others gets its share */
		cr_assert_eq(reached(&s, 4 - __builtin_popcountll(s.down)), 0xf & ~s.down);
	s.width = STEER_WIDTH;
	s.down = ~(UINT64_C(1) << 63 | UINT64_C(1) << 5);
	cr_assert_eq(reached(&s, 2), ~s.down);
}

Test(steer, has_everybody_wait_when_all_are_down)
{
	struct steer s = { .slot = 1, .width = 3, .down = 7, .probe_slot = -1 };

	cr_assert_eq(reached(&s, 3), 7);
	s.down = UINT64_MAX;
	cr_assert_eq(reached(&s, 3), 7);
}

Test(steer, sends_a_probe_to_the_worker_it_is_for)
{
	struct sock_filter code[STEER_MOST];
	struct steer s = { .slot = 0, .width = STEER_WIDTH, .down = UINT64_MAX >> 1, .probe_slot = 2,
		.probe_worker = 3 };
	int count;

	cr_assert_eq(address_parse(&s.probe, "[::1]:4000"), 0);
	count = steer_program(code, &s);
	cr_assert_leq(count, STEER_MOST);
	drawn = 0;
	from("[::1]:4000");
	cr_assert_eq(run(code, count), 2 * STEER_WIDTH + 3);
	from("[::1]:4001");
	cr_assert_eq(run(code, count), 63);
}

static uint32_t
shared(const struct steer *s, const char *client)
{
	struct sock_filter code[STEER_MOST];
	int count = steer_program(code, s);

	cr_assert_leq(count, STEER_MOST);
	from(client);
	return run(code, count);
}

Test(steer, gives_a_share_by_lot)
{
	struct steer s = { .slot = 1, .probe_slot = -1, .share = 100, .share_slot = 2 };
	const uint32_t tenth = UINT32_MAX / 10;

	drawn = tenth - 1;
	cr_assert_eq(shared(&s, "10.0.0.1:4000"), 2);
	cr_assert_eq(shared(&s, "[2001:db8::1]:4000"), 2);
	drawn = tenth + 1;
	cr_assert_eq(shared(&s, "10.0.0.1:4000"), 1);
	s.share = 1000;
	drawn = UINT32_MAX;
	cr_assert_eq(shared(&s, "10.0.0.1:4000"), 2);
}

Test(steer, keeps_the_probe_apart_from_a_share)
{
	struct steer s = { .slot = 1, .probe_slot = 3, .share = 1000, .share_slot = 2,
		.by_source = true };

	cr_assert_eq(address_parse(&s.probe, "[2001:db8::1]:4000"), 0);
	cr_assert_eq(shared(&s, "[2001:db8::1]:4000"), 3);
	cr_assert_eq(shared(&s, "[2001:db8::1]:4001"), 2);
	s.share = 500;
	cr_assert_eq(shared(&s, "[2001:db8::1]:4000"), 3);
	cr_assert_neq(shared(&s, "[2001:db8::1]:4001"), 3);
}

typedef void network_of(char *to, size_t size, int index);

static void
ipv4_of(char *to, size_t size, int index)
{
	snprintf(to, size, "10.1.%d.%d:4000", index / 250, index % 250 + 1);
}

static void
ipv6_of(char *to, size_t size, int index)
{
	snprintf(to, size, "[2001:db8:%d:%d::1]:80", index / 250, index % 250 + 1);
}

/* How many of 1000 neighbouring clients get the share; none may leave it as it grows. */
static int
count_in_share(network_of *network, uint32_t salt, int share)
{
	struct steer less = { .slot = 1, .probe_slot = -1, .share = share, .share_slot = 2,
		.by_source = true, .salt = salt }, more = less;
	char client[64];
	int i, count = 0;

	more.share += 250;
	for (i = 0; i < 1000; i++) {
		network(client, sizeof(client), i);
		count += shared(&less, client) == 2;
		if (shared(&less, client) == 2)
			cr_assert_eq(shared(&more, client), 2);
	}
	return count;
}

Test(steer, gives_a_share_of_the_sources)
{
	network_of *const networks[] = { ipv4_of, ipv6_of };
	uint32_t salt;
	int i, count;

	/* five standard deviations of 1000 throws */
	for (i = 0; i < 2; i++)
		for (salt = 1; salt < 50; salt++) {
			count = count_in_share(networks[i], salt, 100);
			cr_assert(count > 52 && count < 148, "%d of 1000, salt %u", count, salt);
			count = count_in_share(networks[i], salt, 500);
			cr_assert(count > 420 && count < 580, "%d of 1000, salt %u", count, salt);
		}
}

Test(steer, takes_a_network_for_one_client)
{
	struct steer s = { .slot = 1, .probe_slot = -1, .share = 500, .share_slot = 2,
		.by_source = true };
	char one[64], other[64];
	int i, count = 0;

	for (i = 0; i < 100; i++) {
		snprintf(one, sizeof(one), "[2001:db8:0:%d::1]:80", i);
		snprintf(other, sizeof(other), "[2001:db8:0:%d:1:2:3:4]:8080", i);
		cr_assert_eq(shared(&s, one), shared(&s, other));
		count += shared(&s, one) == 2;
	}
	cr_assert(count > 20 && count < 80);
}

/* Each in a wide slot of its own, in which others are down. */
Test(steer, divides_among_wide_slots)
{
	struct steer s = { .slot = 1, .width = STEER_WIDTH, .down = UINT64_MAX >> 1, .probe_slot = -1,
		.share = 500, .share_slot = 2, .share_down = ~UINT64_C(1), .by_source = true };
	char client[64];
	uint32_t to;
	int i, count = 0;

	for (i = 0; i < 1000; i++) {
		ipv4_of(client, sizeof(client), i);
		to = shared(&s, client);
		cr_assert(to == STEER_WIDTH + 63 || to == 2 * STEER_WIDTH, "%u", to);
		count += to == 2 * STEER_WIDTH;
	}
	cr_assert(count > 420 && count < 580, "%d of 1000", count);
	s.down = s.share_down = 0;
	cr_assert_leq(shared(&s, client), 3 * STEER_WIDTH);
}

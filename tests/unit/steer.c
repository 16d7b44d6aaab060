/* The steering program, run by an interpreter of the few instructions it uses. */
#include <criterion/criterion.h>

#include <string.h>

#include "handoff/steer.h"

/* A SYN as the program sees it: the IP header, and behind it the ports. */
static uint8_t packet[64];

static uint32_t
load(const struct sock_filter *f)
{
	uint32_t at = f->k - (uint32_t)SKF_NET_OFF;

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
run(const struct sock_filter *f, int count)
{
	uint32_t a = 0;
	int at;

	for (at = 0; at < count; at++)
		switch (BPF_CLASS(f[at].code)) {
		case BPF_LD:
			a = load(&f[at]);
			break;
		case BPF_ALU:
			a &= f[at].k;
			break;
		case BPF_JMP:
			at += a == f[at].k ? f[at].jt : f[at].jf;
			break;
		case BPF_RET:
			return f[at].k;
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

/* steer.c - which slot gets a new connection. No system calls. */
#include <string.h>

#include "handoff/steer.h"

enum { IPV4_SOURCE = 12, IPV4_HEADER = 20, IPV6_SOURCE = 8, IPV6_HEADER = 40 };

static int
add(struct sock_filter *to, int at, uint16_t code, uint32_t k)
{
	to[at] = (struct sock_filter)BPF_STMT(code, k);
	return at + 1;
}

static uint32_t
word(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
	    bytes[3];
}

/* Load a field of the IP header and leave for `everybody` (patched later) unless it is `value`. */
static int
demand(struct sock_filter *to, int at, uint16_t size, uint32_t offset, uint32_t value)
{
	at = add(to, at, BPF_LD | size | BPF_ABS, (uint32_t)SKF_NET_OFF + offset);
	return add(to, at, BPF_JMP | BPF_JEQ | BPF_K, value);
}

/*
 * The probe is known by IP version, source port and source address. Packets with IP options or
 * extension headers are nobody's probe: the port is looked for right behind a plain header.
 */
static int
match_probe(struct sock_filter *to, const struct address *probe)
{
	int version = probe->family == AF_INET ? 0x45 : 0x60, at = 0, i;
	int words = probe->family == AF_INET ? 1 : 4;
	uint32_t source = probe->family == AF_INET ? IPV4_SOURCE : IPV6_SOURCE;
	uint32_t header = probe->family == AF_INET ? IPV4_HEADER : IPV6_HEADER;

	at = add(to, at, BPF_LD | BPF_B | BPF_ABS, (uint32_t)SKF_NET_OFF);
	if (probe->family == AF_INET6)		/* the low half is the traffic class */
		at = add(to, at, BPF_ALU | BPF_AND | BPF_K, 0xf0);
	at = add(to, at, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)version);
	at = demand(to, at, BPF_H, header, probe->port);
	for (i = 0; i < words; i++)
		at = demand(to, at, BPF_W, source + 4 * (uint32_t)i, word(probe->ip + 4 * i));
	return at;
}

static int
width_of(const struct steer *s)
{
	return s->width > 1 ? s->width : 1;
}

/* Those that get nobody; with all of them down it is no matter which one a client waits for. */
static uint64_t
passed_over(uint64_t down, int width)
{
	uint64_t all = width == STEER_WIDTH ? UINT64_MAX : (UINT64_C(1) << width) - 1;

	return (down & all) == all ? 0 : down & all;
}

static uint32_t
count_up(uint64_t down, int width)
{
	uint32_t up = 0;
	int i;

	for (i = 0; i < width; i++)
		up += !(down >> i & 1);
	return up;
}

/* Draw one of those that are up: the n-th of them, and each one down before it counts as one more. */
static int
draw(struct sock_filter *to, int at, uint64_t down, int width)
{
	int i;

	at = add(to, at, BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_RANDOM));
	at = add(to, at, BPF_ALU | BPF_MOD | BPF_K, count_up(down, width));
	for (i = 0; i < width; i++) {
		if (!(down & UINT64_C(1) << i))
			continue;
		to[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, (uint32_t)i, 0, 1);
		at = add(to, at, BPF_ALU | BPF_ADD | BPF_K, 1);
	}
	return at;
}

/* Whoever came as far as here goes to this slot: to its one socket, or to one of its many. */
static int
answer(struct sock_filter *to, int at, const struct steer *s, int slot, uint64_t down)
{
	int width = width_of(s);

	if (width == 1)
		return add(to, at, BPF_RET | BPF_K, (uint32_t)slot);
	at = draw(to, at, passed_over(down, width), width);
	if (s->moved > 0 && slot == s->slot) {
		to[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K,
		    (uint32_t)s->moved, 2, 0);
		at = add(to, at, BPF_ALU | BPF_ADD | BPF_K, (uint32_t)(s->moved_slot * width));
		at = add(to, at, BPF_RET | BPF_A, 0);
	}
	at = add(to, at, BPF_ALU | BPF_ADD | BPF_K, (uint32_t)(slot * width));
	return add(to, at, BPF_RET | BPF_A, 0);
}

/* A ^= A >> bits, with no register kept. */
static int
fold(struct sock_filter *to, int at, uint32_t bits)
{
	at = add(to, at, BPF_MISC | BPF_TAX, 0);
	at = add(to, at, BPF_ALU | BPF_RSH | BPF_K, bits);
	return add(to, at, BPF_ALU | BPF_XOR | BPF_X, 0);
}

/* Neighbours far apart: every bit of A comes to bear on the upper ones. */
static int
mix(struct sock_filter *to, int at)
{
	enum { FIRST = 0x7feb352d };
	uint32_t second = 0x846ca68b;

	at = fold(to, at, 16);
	at = add(to, at, BPF_ALU | BPF_MUL | BPF_K, FIRST);
	at = fold(to, at, 15);
	return add(to, at, BPF_ALU | BPF_MUL | BPF_K, second);
}

/*
 * A number for the client: of IPv4 the address, of IPv6 the network, because one client has all of
 * it. Whoever comes by IPv4 to an IPv6 socket comes in an IPv4 packet, and gets the same number.
 */
static int
number_by_source(struct sock_filter *to, int at, uint32_t salt)
{
	enum { ODD = 0x2c1b3c6d, IPV6_PATH = 5 };

	at = add(to, at, BPF_LD | BPF_B | BPF_ABS, (uint32_t)SKF_NET_OFF);
	at = add(to, at, BPF_ALU | BPF_AND | BPF_K, 0xf0);
	to[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x60, 0,
	    IPV6_PATH + 1);
	at = add(to, at, BPF_LD | BPF_W | BPF_ABS, (uint32_t)SKF_NET_OFF + IPV6_SOURCE);
	at = add(to, at, BPF_ALU | BPF_MUL | BPF_K, ODD);
	at = add(to, at, BPF_MISC | BPF_TAX, 0);
	at = add(to, at, BPF_LD | BPF_W | BPF_ABS, (uint32_t)SKF_NET_OFF + IPV6_SOURCE + 4);
	at = add(to, at, BPF_ALU | BPF_XOR | BPF_X, 0);
	at = add(to, at, BPF_JMP | BPF_JA, 1);
	at = add(to, at, BPF_LD | BPF_W | BPF_ABS, (uint32_t)SKF_NET_OFF + IPV4_SOURCE);
	at = add(to, at, BPF_ALU | BPF_XOR | BPF_K, salt);
	return mix(to, at);
}

/* Below the share of all 32-bit numbers: so who is in a small share is in every larger one. */
static int
divide(struct sock_filter *to, int at, const struct steer *s)
{
	enum { ALL = 1000 };

	int above;

	if (s->share <= 0)
		return at;
	if (s->share >= ALL)
		return answer(to, at, s, s->share_slot, s->share_down);
	at = s->by_source ? number_by_source(to, at, s->salt) :
	    add(to, at, BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_RANDOM));
	above = at;
	at = add(to, at, BPF_JMP | BPF_JGE | BPF_K, (uint32_t)(((uint64_t)s->share << 32) / ALL));
	at = answer(to, at, s, s->share_slot, s->share_down);
	to[above].jt = (uint8_t)(at - above - 1);
	return at;
}

int
steer_program(struct sock_filter *to, const struct steer *s)
{
	int at = 0, i, everybody;

	if (s->probe_slot != -1) {
		at = match_probe(to, &s->probe);
		at = add(to, at, BPF_RET | BPF_K,
		    (uint32_t)(s->probe_slot * width_of(s) + s->probe_worker));
	}
	everybody = at;
	at = divide(to, at, s);
	at = answer(to, at, s, s->slot, s->down);
	for (i = 0; i < everybody; i++)
		if (BPF_CLASS(to[i].code) == BPF_JMP)
			to[i].jf = (uint8_t)(everybody - i - 1);
	return at;
}

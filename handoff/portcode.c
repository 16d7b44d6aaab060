/* portcode.c - a program for the kernel that lets some ports pass. No system calls. */
#include "handoff/portcode.h"

/*
 * For each port: not less, not more, then out. Where a comparison fails, the next port; after the last
 * one beyond the end, which is "no", while the end itself is "yes". Offsets are in bytes. The kernel
 * looks at the program before it runs it, along `yes` alone: so that one never jumps, and a jump is `no`.
 */
enum { OP = sizeof(struct inet_diag_bc_op), COMPARISON = 2 * OP, ONE_PORT = 2 * COMPARISON + OP };

static struct inet_diag_bc_op *
compare(struct inet_diag_bc_op *to, unsigned char code, uint16_t port, size_t otherwise)
{
	to[0] = (struct inet_diag_bc_op){ code, COMPARISON, (unsigned short)otherwise };
	to[1] = (struct inet_diag_bc_op){ .no = port };
	return to + 2;
}

size_t
portcode_write(struct inet_diag_bc_op to[static PORTCODE_OPS], const uint16_t *ports, size_t count)
{
	struct inet_diag_bc_op *at = to;
	size_t i, next, left;

	if (count > PORTCODE_PORTS)
		return 0;
	for (i = 0; i < count; i++) {
		left = (count - i) * ONE_PORT;
		next = i + 1 == count ? left + OP : ONE_PORT;
		at = compare(at, INET_DIAG_BC_S_GE, ports[i], next);
		at = compare(at, INET_DIAG_BC_S_LE, ports[i], next - COMPARISON);
		*at++ = (struct inet_diag_bc_op){ INET_DIAG_BC_JMP, OP,
			(unsigned short)(left - 2 * COMPARISON) };
	}
	return (size_t)(at - to);
}

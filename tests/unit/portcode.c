/* The program that lets some ports pass: run as the kernel does, and looked at as it looks at it. */
#include <criterion/criterion.h>

#include "handoff/portcode.h"

enum { OP = sizeof(struct inet_diag_bc_op) };

static bool
passes(const struct inet_diag_bc_op *ops, size_t count, uint16_t port)
{
	long left = (long)count * OP;
	const struct inet_diag_bc_op *at;
	bool yes;

	while (left > 0) {
		at = ops + count - left / OP;
		yes = at->code == INET_DIAG_BC_S_GE ? port >= at[1].no :
		    at->code == INET_DIAG_BC_S_LE ? port <= at[1].no : false;
		cr_assert(at->code != INET_DIAG_BC_JMP || !yes);
		left -= yes ? at->yes : at->no;
	}
	return left == 0;
}

/* Does `offset` from the end lie on the way along yes? */
static bool
is_on_the_way(const struct inet_diag_bc_op *ops, size_t count, long offset)
{
	long left = (long)count * OP;

	while (left >= 0 && left > offset)
		left -= ops[count - (size_t)left / OP].yes;
	return left == offset;
}

static void
accept_it(const struct inet_diag_bc_op *ops, size_t count)
{
	long left = (long)count * OP, least;
	const struct inet_diag_bc_op *at;

	while (left > 0) {
		at = ops + count - (size_t)left / OP;
		least = at->code == INET_DIAG_BC_JMP ? OP : 2 * OP;
		cr_assert(at->no >= least && at->no <= left + OP && at->no % 4 == 0);
		cr_assert(at->no >= left || is_on_the_way(ops, count, left - at->no));
		cr_assert(at->yes >= least && at->yes <= left + OP && at->yes % 4 == 0);
		left -= at->yes;
	}
	cr_assert_eq(left, 0);
}

Test(portcode, lets_those_ports_pass_and_no_other)
{
	static const uint16_t ports[] = { 8080, 80, 65535, 1, 443 };
	struct inet_diag_bc_op ops[PORTCODE_OPS];
	size_t count, i, n;
	unsigned port;
	bool wanted;

	for (n = 1; n <= 5; n++) {
		count = portcode_write(ops, ports, n);
		accept_it(ops, count);
		for (port = 0; port < 65536; port++) {
			for (wanted = false, i = 0; i < n; i++)
				wanted = wanted || ports[i] == port;
			cr_assert_eq(passes(ops, count, (uint16_t)port), wanted, "%u", port);
		}
	}
}

Test(portcode, asks_for_all_where_there_are_none_or_too_many)
{
	struct inet_diag_bc_op ops[PORTCODE_OPS];
	uint16_t ports[PORTCODE_PORTS + 1] = { 0 };

	cr_expect_eq(portcode_write(ops, ports, 0), 0);
	cr_expect_eq(portcode_write(ops, ports, PORTCODE_PORTS + 1), 0);
	cr_expect_eq(portcode_write(ops, ports, PORTCODE_PORTS), PORTCODE_OPS);
	accept_it(ops, PORTCODE_OPS);
}

/* The kernel's own counters: the right column of two lines. */
#include <criterion/criterion.h>

#include "handoff/counters.h"

static const char text[] =
    "IpExt: InNoRoutes InTruncatedPkts\nIpExt: 7 8\n"
    "TcpExt: SyncookiesSent ListenOverflows ListenDrops\nTcpExt: 1 22 333\n";

Test(counters, are_found_by_group_and_name)
{
	cr_expect_eq(counters_find(text, "TcpExt:", "SyncookiesSent"), 1);
	cr_expect_eq(counters_find(text, "TcpExt:", "ListenOverflows"), 22);
	cr_expect_eq(counters_find(text, "TcpExt:", "ListenDrops"), 333);
	cr_expect_eq(counters_find(text, "IpExt:", "InTruncatedPkts"), 8);
}

Test(counters, are_unknown_where_they_are_not)
{
	cr_expect_eq(counters_find(text, "IpExt:", "ListenDrops"), -1);
	cr_expect_eq(counters_find(text, "TcpExt:", "Listen"), -1);
	cr_expect_eq(counters_find(text, "Udp:", "ListenDrops"), -1);
	cr_expect_eq(counters_find("", "TcpExt:", "ListenDrops"), -1);
	cr_expect_eq(counters_find("TcpExt: A B\n", "TcpExt:", "A"), -1);
	cr_expect_eq(counters_find("TcpExt: A B\nTcpExt: 1", "TcpExt:", "B"), -1);
}

Test(counters, of_this_machine_are_there)
{
	struct counters c;

	counters_read(&c);
	cr_expect_geq(c.accepted, 0);
	cr_expect_geq(c.overflows, 0);
	cr_expect_geq(c.drops, c.overflows);
}

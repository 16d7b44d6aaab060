/* Which answers make a candidate ready. */
#include <criterion/criterion.h>

#include <string.h>

#include "handoff/probe.h"

static int
judged(const char *answer)
{
	char why[64];

	return probe_judge(answer, strlen(answer), why, sizeof(why));
}

Test(probe, wants_a_2xx_or_3xx)
{
	cr_assert_eq(judged("HTTP/1.1 200 OK\r\n"), 1);
	cr_assert_eq(judged("HTTP/1.0 301 Moved"), 1);
	cr_assert_eq(judged("HTTP/1.1 500 Oops"), -1);
	cr_assert_eq(judged("HTTP/1.1 404 "), -1);
	cr_assert_eq(judged("SSH-2.0-OpenSSH"), -1);
}

Test(probe, waits_for_the_rest_of_the_line)
{
	cr_assert_eq(judged("H"), 0);
	cr_assert_eq(judged("HTTP/1."), 0);
	cr_assert_eq(judged("HTTP/1.1 20"), 0);
	cr_assert_eq(judged("HX"), -1);
}

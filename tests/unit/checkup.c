/* The command of BATON_READY=exec: the reason it gives, what it sees; and the relay that it asks by. */
#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

#include "handoff/checkup.h"
#include "handoff/environment.h"
#include "tests/unit/value.h"

static const char *
last(const char *output)
{
	static char line[24];

	checkup_last_line(line, sizeof(line), output, strlen(output));
	return line;
}

Test(checkup, gives_its_last_line_as_the_reason)
{
	cr_expect_str_eq(last("one\ntwo\n"), "two");
	cr_expect_str_eq(last("one\ntwo"), "two");
	cr_expect_str_eq(last("alone"), "alone");
	cr_expect_str_eq(last("one\n\n \n"), "one");
	cr_expect_str_eq(last("10%\r20%\rfailed\r\n"), "failed");
	cr_expect_str_eq(last(""), "");
	cr_expect_str_eq(last("\n\n"), "");
	cr_expect_str_eq(last("a\x1b[31mred"), "a [31mred", "no terminal is told what to do");
	cr_expect_str_eq(last("a line that is longer than there is room"), "a line that is longer t");
}

Test(checkup, sees_where_the_candidate_is_and_nothing_of_its_sockets)
{
	char *const inherited[] = { (char *)"PATH=/bin", (char *)"BATON_READY=exec:x",
		(char *)"LISTEN_FDS=3", (char *)"NOTIFY_SOCKET=/run/x", NULL };
	char **e = environment_of_check(inherited, 12, 3, "127.0.0.1:5", "127.0.0.1:5 127.0.0.1:6");

	cr_expect_str_eq(value(e, "PATH"), "/bin");
	cr_expect_str_eq(value(e, "BATON_GENERATION"), "12");
	cr_expect_str_eq(value(e, "BATON_RELEASE"), "3");
	cr_expect_str_eq(value(e, "BATON_ADDRESS"), "127.0.0.1:5");
	cr_expect_str_eq(value(e, "BATON_ADDRESSES"), "127.0.0.1:5 127.0.0.1:6");
	cr_expect_null(value(e, "BATON_READY"));
	cr_expect_null(value(e, "LISTEN_FDS"));
	cr_expect_null(value(e, "NOTIFY_SOCKET"));
	cr_expect_null(value(e, "BATON_WORKER"));
	environment_free(e);
	e = environment_of_check(inherited, 1, 0, "", "");
	cr_expect_null(value(e, "BATON_ADDRESS"));
	cr_expect_null(value(e, "BATON_RELEASE"));
	environment_free(e);
}

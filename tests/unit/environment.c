/* What a worker sees, and how its arguments are pinned to its release. */
#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

#include "handoff/environment.h"
#include "handoff/keep.h"
#include "tests/unit/value.h"

Test(environment, tells_a_worker_who_it_is_and_nothing_else)
{
	char *inherited[] = { (char *)"PATH=/bin", (char *)"BATON_BUILD=x", (char *)"LISTEN_PID=1",
		(char *)"LISTEN_FDS=9", (char *)"NOTIFY_SOCKET=/run/x", (char *)"BATONX=1",
		(char *)"NODE_APP_INSTANCE=7", NULL };
	struct identity who = { .generation = 12, .release = 7, .worker = 3,
		.notify_socket = "@abc", .slots = 2, .slot_names = "a:b", .socket = "@def",
		.watchdog_us = 5000 };
	char **e = environment_of_worker(inherited, &who);

	cr_assert_str_eq(value(e, "PATH"), "/bin");
	cr_assert_str_eq(value(e, "BATONX"), "1");
	cr_assert_null(value(e, "BATON_BUILD"));
	cr_assert_str_eq(value(e, "LISTEN_PID"), "           ", "only the child knows its pid");
	cr_assert_str_eq(value(e, "BATON_GENERATION"), "12");
	cr_assert_str_eq(value(e, "BATON_RELEASE"), "7");
	cr_assert_str_eq(value(e, "BATON_WORKER"), "3");
	cr_assert_str_eq(value(e, "NODE_APP_INSTANCE"), "3");
	cr_assert_str_eq(value(e, "NOTIFY_SOCKET"), "@abc");
	cr_assert_str_eq(value(e, "LISTEN_FDS"), "2");
	cr_assert_str_eq(value(e, "LISTEN_FDNAMES"), "a:b");
	cr_assert_str_eq(value(e, "BATON_SOCKET"), "@def");
	cr_assert_str_eq(value(e, "WATCHDOG_USEC"), "5000");
	cr_assert_str_eq(value(e, "WATCHDOG_PID"), "           ");
	environment_free(e);
}

Test(environment, leaves_out_what_there_is_not)
{
	char *inherited[] = { NULL };
	struct identity who = { .generation = 1, .slot_names = "" };
	char **e = environment_of_worker(inherited, &who);

	cr_assert_null(value(e, "BATON_RELEASE"));
	cr_assert_null(value(e, "NOTIFY_SOCKET"));
	cr_assert_null(value(e, "LISTEN_FDS"));
	cr_assert_null(value(e, "LISTEN_PID"));
	cr_assert_null(value(e, "BATON_SOCKET"));
	cr_assert_null(value(e, "WATCHDOG_USEC"));
	cr_assert_null(value(e, "NGINX"));
	environment_free(e);
}

/* Two slots, and something stored behind them that these servers know nothing of. */
static char **
styled(enum adopt style)
{
	static struct given_slot slots[] = { { "0.0.0.0:80", AF_INET }, { "[::1]:81", AF_INET6 } };
	char *inherited[] = { (char *)"NGINX=9;", (char *)"EINHORN_FD_COUNT=7",
		(char *)"SERVER_STARTER_PORT=1=1", NULL };
	struct identity who = { .generation = 4, .slots = 3, .slot_names = "a:b:c", .style = style,
		.addresses = slots, .address_count = 2, .keeper = 77 };

	return environment_of_worker(inherited, &who);
}

Test(environment, speaks_as_other_servers_expect_it)
{
	char **e = styled(ADOPT_EINHORN);

	cr_assert_str_eq(value(e, "EINHORN_FD_COUNT"), "2");
	cr_assert_str_eq(value(e, "EINHORN_FDS"), "3 4");
	cr_assert_str_eq(value(e, "EINHORN_FD_0"), "3");
	cr_assert_str_eq(value(e, "EINHORN_FD_1"), "4");
	cr_assert_str_eq(value(e, "EINHORN_FD_FAMILY_0"), "AF_INET");
	cr_assert_str_eq(value(e, "EINHORN_FD_FAMILY_1"), "AF_INET6");
	cr_assert_str_eq(value(e, "EINHORN_MASTER_PID"), "77");
	cr_assert_str_eq(value(e, "LISTEN_FDS"), "3");
	environment_free(e);
	e = styled(ADOPT_SERVER_STARTER);
	cr_assert_str_eq(value(e, "SERVER_STARTER_PORT"), "0.0.0.0:80=3;[::1]:81=4");
	cr_assert_str_eq(value(e, "SERVER_STARTER_GENERATION"), "4");
	environment_free(e);
	e = styled(ADOPT_NGINX);
	cr_assert_str_eq(value(e, "NGINX"), "3;4;");
	environment_free(e);
	e = styled(ADOPT_ENV);
	cr_assert_str_eq(value(e, "NGINX"), "9;", "not ours, and nobody asked for it");
	environment_free(e);
}

Test(environment, pins_what_lies_under_live)
{
	static const struct { const char *argument, *live, *pinned; } rows[] = {
		{ "dist/server.mjs", "dist", "/r/7/server.mjs" },
		{ "./dist/server.mjs", "dist", "/r/7/server.mjs" },
		{ "dist/server.mjs", "./dist", "/r/7/server.mjs" },
		{ "dist", "dist", "/r/7" },
		{ "dist/", "dist/", "/r/7/" },
		{ "/app/dist/x", "dist", "/r/7/x" },
		{ "/app/dist/x", "/app/dist", "/r/7/x" },
		{ "distant/x", "dist", "distant/x" },
		{ "src/dist/x", "dist", "src/dist/x" },
		{ "--port=80", "dist", "--port=80" },
		{ "/apple/dist/x", "dist", "/apple/dist/x" },
		{ "", "dist", "" },
		{ "dist/x", "/app/dist", "/r/7/x" },
		{ "dist/../src/x", "dist", "dist/../src/x" },
		{ "dist/..", "dist", "dist/.." },
		{ "dist/..x", "dist", "/r/7/..x" },
		{ ".//dist/x", "././dist/", "/r/7/x" },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char *got = environment_pin(rows[i].argument, "/app", rows[i].live, "/app", "/r/7");

		cr_assert_str_eq(got, rows[i].pinned, "%s under %s: %s", rows[i].argument,
		    rows[i].live, got);
		free(got);
	}
}

/* BATON_DIR is where workers run; BATON_LIVE is named from where baton was started. */
Test(environment, pins_from_where_the_worker_runs)
{
	static const struct { const char *argument, *directory, *live, *here, *pinned; } rows[] = {
		{ "dist/x", "/app", "app/dist", "/", "/r/7/x" },
		{ "x", "/app/dist", "dist", "/app", "/r/7/x" },
		{ "dist/x", "/srv", "dist", "/app", "dist/x" },
		{ "dist/x", NULL, "dist", NULL, "/r/7/x" },
		{ "./dist/x", NULL, "dist", NULL, "/r/7/x" },
		{ "/app/dist/x", NULL, "dist", NULL, "/app/dist/x" },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char *got = environment_pin(rows[i].argument, rows[i].directory, rows[i].live,
		    rows[i].here, "/r/7");

		cr_assert_str_eq(got, rows[i].pinned, "%s: %s", rows[i].argument, got);
		free(got);
	}
}

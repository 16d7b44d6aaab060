/* What a worker sees, and how its arguments are pinned to its release. */
#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

#include "handoff/environment.h"

static const char *
value(char **environment, const char *name)
{
	size_t length = strlen(name);

	for (; *environment != NULL; environment++)
		if (strncmp(*environment, name, length) == 0 && (*environment)[length] == '=')
			return *environment + length + 1;
	return NULL;
}

Test(environment, tells_a_worker_who_it_is_and_nothing_else)
{
	char *inherited[] = { (char *)"PATH=/bin", (char *)"BATON_BUILD=x", (char *)"LISTEN_PID=1",
		(char *)"LISTEN_FDS=9", (char *)"NOTIFY_SOCKET=/run/x", (char *)"BATONX=1",
		(char *)"NODE_APP_INSTANCE=7", NULL };
	struct identity who = { 12, 7, 3, "@abc", 2, "a:b" };
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
	environment_free(e);
}

Test(environment, leaves_out_what_there_is_not)
{
	char *inherited[] = { NULL };
	struct identity who = { 1, 0, 0, NULL, 0, "" };
	char **e = environment_of_worker(inherited, &who);

	cr_assert_null(value(e, "BATON_RELEASE"));
	cr_assert_null(value(e, "NOTIFY_SOCKET"));
	cr_assert_null(value(e, "LISTEN_FDS"));
	cr_assert_null(value(e, "LISTEN_PID"));
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

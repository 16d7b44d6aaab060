/* Goal: a build sees what it needs, and no secret of the service. */
#include <criterion/criterion.h>
#include <string.h>

#include "watcher/variables.h"

static char *const environment[] = {
	(char *)"PATH=/bin", (char *)"DATABASE_URL=secret", (char *)"LC_ALL=C", (char *)"NODE_ENV=production",
	(char *)"npm_config_registry=http://r", (char *)"npm_config__authToken=secret",
	(char *)"BATON_LIVE=dist", (char *)"BATON_OUT=/old", (char *)"API_URL=http://a", (char *)"HOME=/root",
	(char *)"AWS_SECRET_ACCESS_KEY=secret", NULL
};

static const struct build_variables set = {
	.out = "/r/.7", .changed = "/r/.7.changed", .trigger = "change", .temporary = "/r/.7.tmp",
};

static bool
has(char **variables, const char *text)
{
	for (; *variables != NULL; variables++)
		if (strcmp(*variables, text) == 0)
			return true;
	return false;
}

static bool
mentions(char **variables, const char *text)
{
	for (; *variables != NULL; variables++)
		if (strstr(*variables, text) != NULL)
			return true;
	return false;
}

Test(variables, an_allowlist)
{
	const struct sandbox_config config = { .env = "CI,API_URL" };
	char **v = variables_new(&config, &set, environment);

	cr_assert(has(v, "PATH=/bin"));
	cr_assert(has(v, "LC_ALL=C"));
	cr_assert(has(v, "npm_config_registry=http://r"));
	cr_assert(has(v, "API_URL=http://a"));
	cr_assert(has(v, "BATON_OUT=/r/.7"));
	cr_assert(has(v, "TMPDIR=/r/.7.tmp"));
	cr_assert(has(v, "HOME=/root"));
	cr_assert_not(mentions(v, "secret"));
	cr_assert_not(mentions(v, "BATON_LIVE"));
	cr_assert_not(mentions(v, "/old"));
}

Test(variables, a_project_of_another_user)
{
	const struct sandbox_config config = { .env = NULL }, named = { .env = "GIT_CONFIG_COUNT" };
	char *const own[] = { (char *)"GIT_CONFIG_COUNT=0", NULL };
	struct build_variables foreign = set;

	cr_assert_not(mentions(variables_new(&config, &foreign, environment), "safe.directory"));
	foreign.foreign = true;
	cr_assert(has(variables_new(&config, &foreign, environment), "GIT_CONFIG_KEY_0=safe.directory"));
	cr_assert_not(mentions(variables_new(&named, &foreign, own), "safe.directory"));
}

Test(variables, a_home_of_its_own)
{
	const struct sandbox_config config = { .env = NULL };
	struct build_variables own = set;
	char **v;

	own.home = "/r/.7.tmp";
	v = variables_new(&config, &own, environment);
	cr_assert(has(v, "HOME=/r/.7.tmp"));
	cr_assert_not(has(v, "HOME=/root"));
}

Test(variables, with_the_sandbox_off_all_but_our_own_pass)
{
	const struct sandbox_config config = { .mode = SANDBOX_OFF };
	char **v = variables_new(&config, &set, environment);

	cr_assert(has(v, "DATABASE_URL=secret"));
	cr_assert_not(mentions(v, "BATON_LIVE"));
}

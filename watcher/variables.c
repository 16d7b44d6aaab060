/* variables.c - the environment that a build sees. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "watcher/variables.h"

/* A name that ends in '*' stands for all that begin so. */
static const char *const allowed[] = {
	"PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "LC_*", "TZ", "NO_COLOR",
	"NODE_ENV", "NODE_OPTIONS", "NODE_PATH", "npm_config_*", "NPM_CONFIG_*", "PNPM_HOME",
	"COREPACK_*", "SOURCE_DATE_EPOCH", "PYTHONPATH", "GOPATH", "GOFLAGS", "CARGO_HOME",
	"RUSTUP_HOME", "JAVA_HOME",
};

/* npm's configuration is no place for secrets, but they are found there. */
static const char *const secret[] = { "auth", "token", "password", "secret" };

struct list {
	char **at;
	size_t count;
};

static void
add(struct list *l, char *variable)
{
	if (variable == NULL ||
	    (l->at = reallocarray(l->at, l->count + 2, sizeof(*l->at))) == NULL)
		abort();
	l->at[l->count++] = variable;
	l->at[l->count] = NULL;
}

static void
set_variable(struct list *l, const char *name, const char *value)
{
	char *variable = NULL;

	if (value == NULL)
		return;
	if (asprintf(&variable, "%s=%s", name, value) == -1)
		abort();
	add(l, variable);
}

static bool
matches(const char *pattern, const char *name, size_t length)
{
	size_t fixed = strlen(pattern);

	if (fixed > 0 && pattern[fixed - 1] == '*')
		return length >= fixed - 1 && strncmp(pattern, name, fixed - 1) == 0;
	return length == fixed && strncmp(pattern, name, length) == 0;
}

static bool
is_secret(const char *name, size_t length)
{
	size_t i, at;

	for (i = 0; i < sizeof(secret) / sizeof(secret[0]); i++) {
		size_t size = strlen(secret[i]);

		for (at = 0; at + size <= length; at++)
			if (strncasecmp(name + at, secret[i], size) == 0)
				return true;
	}
	return false;
}

static bool
is_named(const char *names, const char *name, size_t length)
{
	size_t part;

	if (names == NULL)
		return false;
	for (; *names != '\0'; names += part + (names[part] == ',')) {
		part = strcspn(names, ",");
		if (part == length && strncmp(names, name, length) == 0)
			return true;
	}
	return false;
}

static bool
passes(const struct sandbox_config *config, const char *name, size_t length)
{
	size_t i;

	if (is_named(config->env, name, length))
		return true;
	if (text_begins(name, "BATON_"))
		return false;
	if (config->mode == SANDBOX_OFF)
		return true;
	for (i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
		if (matches(allowed[i], name, length))
			return !is_secret(name, length);
	return false;
}

static bool
is_set(const struct build_variables *set, const char *name, size_t length)
{
	if (matches("BATON_OUT", name, length) || matches("BATON_CHANGED", name, length) ||
	    matches("BATON_TRIGGER", name, length) || matches("TMPDIR", name, length))
		return true;
	return set->home != NULL && matches("HOME", name, length);
}

/* As in a global configuration (git-config(1)), of which a build has none. */
static void
trust_project(struct list *l)
{
	size_t i;

	for (i = 0; i < l->count; i++)
		if (text_begins(l->at[i], "GIT_CONFIG_COUNT="))
			return;
	set_variable(l, "GIT_CONFIG_COUNT", "1");
	set_variable(l, "GIT_CONFIG_KEY_0", "safe.directory");
	set_variable(l, "GIT_CONFIG_VALUE_0", "*");
}

char **
variables_new(const struct sandbox_config *config, const struct build_variables *set,
    char *const environment[])
{
	struct list l = { NULL, 0 };
	size_t length;

	for (; *environment != NULL; environment++) {
		length = strcspn(*environment, "=");
		if (!is_set(set, *environment, length) && passes(config, *environment, length))
			add(&l, strdup(*environment));
	}
	set_variable(&l, "BATON_OUT", set->out);
	set_variable(&l, "BATON_CHANGED", set->changed);
	set_variable(&l, "BATON_TRIGGER", set->trigger);
	set_variable(&l, "TMPDIR", set->temporary);
	set_variable(&l, "HOME", set->home);
	if (set->foreign)
		trust_project(&l);
	return l.at;
}

/* check.c - baton check: the configuration in effect, or all that is wrong with it. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "init/accepts.h"
#include "init/check.h"
#include "init/command.h"
#include "init/option.h"
#include "init/options.h"
#include "init/print.h"
#include "init/table.h"

extern char **environ;

struct question {
	bool json;
	char *const *command;	/* NULL: none was given */
};

/* What options_report collects for the JSON form; it is given no context of its own. */
static struct {
	int count;
	char sentence[64][512];
} errors;

static void
collect(const char *sentence)
{
	if (errors.count < 64)
		text_copy(errors.sentence[errors.count++], sizeof(errors.sentence[0]), sentence);
}

static int
read_arguments(int argc, char *const argv[], struct question *q)
{
	int i;

	for (i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0) {
			q->json = true;
			continue;
		}
		if (strcmp(argv[i], "--") != 0)
			return print_usage_error("check", argv[i]);
		if (argv[i + 1] != NULL)
			q->command = argv + i + 1;
		return 0;
	}
	return 0;
}

/* Where the command is found, as execvp(3) looks for it. */
static bool
find_command(const char *name, char path[PATH_MAX])
{
	const char *at = getenv("PATH");
	size_t length;

	if (strchr(name, '/') != NULL) {
		text_copy(path, PATH_MAX, name);
		return access(path, X_OK) == 0;
	}
	for (at = at != NULL ? at : "/bin:/usr/bin"; *at != '\0'; at += *at == ':') {
		length = strcspn(at, ":");
		if (snprintf(path, PATH_MAX, "%.*s/%s", (int)length, length > 0 ? at : ".", name) <
		    PATH_MAX && access(path, X_OK) == 0)
			return true;
		at += length;
	}
	return false;
}

static void
check_command(const struct question *q)
{
	char path[PATH_MAX], sentence[512];

	if (q->command == NULL || find_command(q->command[0], path))
		return;
	snprintf(sentence, sizeof(sentence), strchr(q->command[0], '/') != NULL ?
	    "the command '%.300s' is not a file that can be run" :
	    "the command '%.300s' is in no directory of PATH", q->command[0]);
	collect(sentence);
}

/* The value in effect, as it was written; cpus with what it comes to. */
static const char *
effective(const struct option *row, const struct options *o, char to[static 32])
{
	char variable[64];
	const char *value;

	snprintf(variable, sizeof(variable), "BATON_%s", row->name);
	value = getenv(variable);
	if (value == NULL || *value == '\0')
		return option_default(row);
	if (row->kind != KIND_CPUS || strcmp(value, row->word) != 0)
		return value;
	snprintf(to, 32, "%s (%d)", value, o->workers);
	return to;
}

/* Set, and to no effect: the variable that it would need, else NULL. */
static const char *
missing(const struct option *row, const struct options *o)
{
	if (row->needs == NULL || !options_given(o, row->name) || options_given(o, row->needs))
		return NULL;
	return row->needs;
}

static void
print_row(const struct option *row, const struct options *o, bool colours)
{
	bool given = options_given(o, row->name);
	const char *needs = missing(row, o);
	char scratch[32];

	printf("%sBATON_%-18s %-8s ", colours && given ? "\033[1m" : "", row->name,
	    given ? "set" : "default");
	print_safe(stdout, effective(row, o, scratch));
	printf("%s", colours && given ? "\033[0m" : "");
	if (needs != NULL)
		printf("  (has no effect without BATON_%s)", needs);
	putchar('\n');
}

static void
print_table(const struct options *o)
{
	bool colours = print_colours(stdout);
	int i;

	printf("%-24s %-8s %s\n", "VARIABLE", "FROM", "VALUE");
	for (i = 0; i < option_count; i++)
		print_row(&option_rows[i], o, colours);
}

static void
print_command(char *const *command)
{
	char path[PATH_MAX];
	int i;

	if (command == NULL)
		return;
	printf("%-24s %-8s", "command", "given");
	for (i = 0; command[i] != NULL; i++) {
		putchar(' ');
		print_safe(stdout, command[i]);
	}
	if (find_command(command[0], path) && strcmp(path, command[0]) != 0)
		printf(" (%s)", path);
	putchar('\n');
}

static void
print_variables_json(const struct options *o)
{
	char scratch[32];
	int i;

	printf("\"variables\":[");
	for (i = 0; i < option_count; i++) {
		printf("%s{\"name\":\"BATON_%s\",\"value\":", i > 0 ? "," : "",
		    option_rows[i].name);
		print_json(stdout, effective(&option_rows[i], o, scratch));
		printf(",\"from\":\"%s\",\"needs\":",
		    options_given(o, option_rows[i].name) ? "set" : "default");
		print_json(stdout, missing(&option_rows[i], o));
		printf("}");
	}
	printf("]");
}

static void
print_all_json(const struct options *o, char *const *command)
{
	int i;

	printf("{\"ok\":%s,\"errors\":[", errors.count == 0 ? "true" : "false");
	for (i = 0; i < errors.count; i++) {
		printf("%s", i > 0 ? "," : "");
		print_json(stdout, errors.sentence[i]);
	}
	printf("],");
	print_variables_json(o);
	printf(",\"command\":[");
	for (i = 0; command != NULL && command[i] != NULL; i++) {
		printf("%s", i > 0 ? "," : "");
		print_json(stdout, command[i]);
	}
	printf("]}\n");
}

static void
print_errors(void)
{
	int i;

	for (i = 0; i < errors.count; i++)
		log_line(LOG_ERROR, "%s", errors.sentence[i]);
}

int
check_run(int argc, char *const argv[])
{
	struct question q = { 0 };
	struct options o;

	if (read_arguments(argc, argv, &q) != 0)
		return EXIT_USAGE;
	options_read(&o, environ, collect);
	check_command(&q);
	if (q.json)
		print_all_json(&o, q.command);
	else if (errors.count > 0)
		print_errors();
	else {
		print_table(&o);
		print_command(q.command);
	}
	return errors.count == 0 ? EXIT_DONE : EXIT_CONFIGURATION;
}

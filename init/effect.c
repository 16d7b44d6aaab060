/* effect.c - a configuration as it takes effect, for people and for programs. */
#include <stdio.h>
#include <string.h>

#include "init/accepts.h"
#include "init/config.h"
#include "init/effect.h"
#include "init/print.h"
#include "init/program.h"
#include "init/table.h"

/* What was written for a row, NULL when nothing was. */
static const char *
written(const struct option *row, const struct options *o)
{
	return o->written[row - option_rows];
}

/* The value in effect, as it was written; cpus with what it comes to. */
static const char *
effective(const struct option *row, const struct options *o, char to[static 32])
{
	const char *value = written(row, o);

	if (value == NULL)
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
	if (row->needs == NULL || written(row, o) == NULL || options_given(o, row->needs))
		return NULL;
	return row->needs;
}

/* "section" when the service has another text for it than the plain variables. */
static const char *
source(const struct option *row, const struct options *o, const struct options *plain)
{
	if (written(row, o) != written(row, plain))
		return "section";
	return written(row, o) != NULL ? "set" : "default";
}

/* For people: the text of BATON_CONFIG is what the rest of the output is about. */
static void
print_value(const struct option *row, const struct options *o)
{
	char scratch[32];

	if (row->group == GROUP_SERVICES && written(row, o) != NULL)
		printf("as follows");
	else
		print_safe(stdout, effective(row, o, scratch));
}

static void
print_row(const struct option *row, const struct options *o, const struct options *plain)
{
	bool bold = print_colours(stdout) && written(row, o) != NULL;
	const char *needs = missing(row, o);

	printf("%sBATON_%-18s %-8s ", bold ? "\033[1m" : "", row->name, source(row, o, plain));
	print_value(row, o);
	printf("%s", bold ? "\033[0m" : "");
	if (needs != NULL)
		printf("  (has no effect without BATON_%s)", needs);
	putchar('\n');
}

static void
print_word(const char *word)
{
	bool plain = *word != '\0' && strpbrk(word, " \t'\"") == NULL;

	printf(plain ? " " : " '");
	print_safe(stdout, word);
	printf(plain ? "" : "'");
}

static void
print_command(char *const *command, const char *from)
{
	char path[PATH_MAX];
	int i;

	if (command == NULL || command[0] == NULL)
		return;
	printf("%-24s %-8s", "command", from);
	for (i = 0; command[i] != NULL; i++)
		print_word(command[i]);
	if (program_find(command[0], path) && strcmp(path, command[0]) != 0)
		printf(" (%s)", path);
	putchar('\n');
}

/* What is its own; the rest is in the table above. */
static void
print_service(const struct service_config *s, const struct options *plain)
{
	int i;

	printf("\nSERVICE %-16s %s\n", s->name, s->critical ? "critical" : "not critical");
	print_command(s->command, "section");
	for (i = 0; i < option_count; i++)
		if (written(&option_rows[i], &s->options) != written(&option_rows[i], plain))
			print_row(&option_rows[i], &s->options, plain);
}

void
effect_print(const struct config *c)
{
	int i;

	printf("%-24s %-8s %s\n", "VARIABLE", "FROM", "VALUE");
	for (i = 0; i < option_count; i++)
		print_row(&option_rows[i], &c->plain, &c->plain);
	if (c->plain.config == NULL)
		print_command(c->services[0].command, "given");
	for (i = 0; c->plain.config != NULL && i < c->count; i++)
		print_service(&c->services[i], &c->plain);
}

static void
print_row_json(const struct option *row, const struct options *o, const struct options *plain)
{
	char scratch[32];

	printf("{\"name\":\"BATON_%s\",\"value\":", row->name);
	print_json(stdout, effective(row, o, scratch));
	printf(",\"from\":\"%s\",\"needs\":", source(row, o, plain));
	print_json(stdout, missing(row, o));
	printf("}");
}

/* Of a service (o is not plain) without what is of baton as a whole. */
static void
print_variables_json(const struct options *o, const struct options *plain)
{
	const char *between = "";
	int i;

	printf("\"variables\":[");
	for (i = 0; i < option_count; i++) {
		if (o != plain && option_rows[i].whole)
			continue;
		printf("%s", between);
		print_row_json(&option_rows[i], o, plain);
		between = ",";
	}
	printf("]");
}

static void
print_command_json(char *const *command)
{
	int i;

	printf("\"command\":[");
	for (i = 0; command != NULL && command[i] != NULL; i++) {
		printf("%s", i > 0 ? "," : "");
		print_json(stdout, command[i]);
	}
	printf("]");
}

static void
print_service_json(const struct service_config *s, const struct options *plain)
{
	printf("{\"name\":");
	print_json(stdout, s->name);
	printf(",\"critical\":%s,", s->critical ? "true" : "false");
	print_command_json(s->command);
	printf(",");
	print_variables_json(&s->options, plain);
	printf("}");
}

void
effect_print_json(const struct config *c)
{
	int i;

	print_variables_json(&c->plain, &c->plain);
	printf(",");
	print_command_json(c->plain.config == NULL ? c->services[0].command : NULL);
	printf(",\"services\":[");
	for (i = 0; i < c->count; i++) {
		printf("%s", i > 0 ? "," : "");
		print_service_json(&c->services[i], &c->plain);
	}
	printf("]");
}

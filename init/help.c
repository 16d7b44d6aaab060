/* help.c - baton help and baton version. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "init/accepts.h"
#include "init/command.h"
#include "init/help.h"
#include "init/manual.h"
#include "init/option.h"
#include "init/print.h"
#include "init/table.h"

static const char intro[] =
    "baton " BATON_VERSION ": PID 1 for a container. It passes signals on, reaps, and hands\n"
    "the listening sockets from one generation of workers to the next, so that nobody\n"
    "is refused meanwhile.\n"
    "\n"
    "    ENV BATON_WORKERS=2 BATON_LISTEN=0.0.0.0:8080\n"
    "    ENTRYPOINT [\"/sbin/baton\", \"--\"]\n"
    "    CMD [\"node\", \"server.js\"]\n"
    "\n"
    "Usage: baton [--] COMMAND ARG...      run COMMAND, as PID 1 or not\n"
    "       baton status|reload|...        ask the running one (docker exec)\n";

static const char ending[] =
    "\n"
    "'baton help BATON_READY' tells all about one variable. A variable that begins with BATON_\n"
    "and is none of these is an error, and so is a bad value: 'baton check' finds them.\n";

/* The sentence up to its first ';', which is what a list has room for, and the default. */
static void
print_brief(const struct option *row, int at, int width)
{
	char brief[256];
	bool any = row->value != NULL || row->otherwise != NULL;

	snprintf(brief, sizeof(brief), any ? "%.*s [%s]" : "%.*s%s", (int)strcspn(row->help, ";"),
	    row->help, any ? option_default(row) : "");
	print_wrapped(stdout, brief, at, at, width);
}

static void
print_commands(bool client, int width)
{
	const struct command *c;
	char usage[64];

	printf("\n%s\n", client ? "Commands to the running baton" : "Other commands");
	for (c = commands; c->name != NULL; c++) {
		if (c->client != client)
			continue;
		snprintf(usage, sizeof(usage), "%s %s", c->name, c->arguments);
		printf("  %-30s", usage);
		if (strlen(usage) > 29)
			printf("\n%32s", "");
		print_wrapped(stdout, c->help, 32, 32, width);
	}
}

static void
print_variables(int width)
{
	const struct option *row;

	for (row = option_rows; row < option_rows + option_count; row++) {
		if (row == option_rows || row->group != row[-1].group)
			printf("\n%s\n", option_group_title(row->group));
		printf("  BATON_%-21s", row->name);
		print_brief(row, 29, width);
	}
}

static void
print_exit_codes(int width)
{
	const struct exit_code *e;

	printf("\nExit status\n");
	for (e = exit_codes; e->meaning != NULL; e++) {
		printf("  %-4d", e->code);
		print_wrapped(stdout, e->meaning, 6, 6, width);
	}
	printf("  With a command: its own, 128 and its number for a signal; 127 when there is no\n"
	    "  such program, 126 when it cannot be run.\n");
}

static void
print_overview(void)
{
	int width = print_width(stdout);

	fputs(intro, stdout);
	print_commands(true, width);
	print_commands(false, width);
	print_variables(width);
	print_exit_codes(width);
	fputs(ending, stdout);
}

static int
print_variable(const char *name)
{
	const struct option *row = option_find(name), *nearest = option_nearest(name);
	int width = print_width(stdout);
	char accepts[OPTION_ACCEPTS];
	const char *quote;

	if (row == NULL) {
		log_line(LOG_ERROR, nearest != NULL ? "there is no variable '%s': did you mean "
		    "BATON_%s?" : "there is no variable '%s'; 'baton help' lists them", name,
		    nearest != NULL ? nearest->name : "");
		return EXIT_USAGE;
	}
	option_accepts(row, accepts);
	quote = strpbrk(row->example, " $\"*") != NULL ? "'" : "";
	printf("BATON_%s\n  ", row->name);
	print_wrapped(stdout, row->help, 2, 2, width);
	printf("\n  accepts  ");
	print_wrapped(stdout, accepts, 11, 11, width);
	printf("  default  %s\n", option_default(row));
	printf("  example  ENV BATON_%s=%s%s%s\n", row->name, quote, row->example, quote);
	return EXIT_DONE;
}

int
help_run(int argc, char *const argv[])
{
	if (argc > 2)
		return print_usage_error("help", argv[2]);
	if (argc < 2)
		print_overview();
	else if (strcmp(argv[1], "--man") == 0)
		manual_roff();
	else if (strcmp(argv[1], "--markdown") == 0)
		manual_markdown();
	else
		return print_variable(argv[1]);
	return EXIT_DONE;
}

int
version_run(int argc, char *const argv[])
{
	bool json = argc == 2 && strcmp(argv[1], "--json") == 0;

	if (argc > 1 && !json)
		return print_usage_error("version", argv[1]);
	printf(json ? "{\"name\":\"baton\",\"version\":\"%s\"}\n" : "baton %s\n", BATON_VERSION);
	return EXIT_DONE;
}

/* manual.c - the same tables as help, as a man page and as markdown. */
#include <stdio.h>
#include <string.h>

#include "init/accepts.h"
#include "init/command.h"
#include "init/manual.h"
#include "init/option.h"
#include "init/table.h"

/* A line of text for roff(7): no letter of it is a request or an escape. */
static void
roff_text(const char *text)
{
	if (*text == '.' || *text == '\'')
		fputs("\\&", stdout);
	for (; *text != '\0'; text++)
		if (*text == '\\')
			fputs("\\e", stdout);
		else if (*text == '-')
			fputs("\\-", stdout);
		else
			putchar(*text);
}

static void
roff_item(const char *name, const char *arguments, const char *help)
{
	fputs(".TP\n.B ", stdout);
	roff_text(name);
	if (*arguments != '\0') {
		fputs("\\fR ", stdout);
		roff_text(arguments);
	}
	putchar('\n');
	roff_text(help);
	fputs(".\n", stdout);
}

static void
roff_commands(void)
{
	const struct command *c;

	puts(".SH COMMANDS");
	for (c = commands; c->name != NULL; c++)
		roff_item(c->name, c->arguments, c->help);
}

static void
roff_variable(const struct option *row)
{
	char name[64], accepts[OPTION_ACCEPTS];

	snprintf(name, sizeof(name), "BATON_%s", row->name);
	roff_item(name, "", row->help);
	option_accepts(row, accepts);
	fputs("Accepts ", stdout);
	roff_text(accepts);
	fputs("; default: ", stdout);
	roff_text(option_default(row));
	fputs(".\n", stdout);
}

static void
roff_variables(void)
{
	const struct option *row;

	puts(".SH ENVIRONMENT\n"
	    "A variable that is empty counts as not set. A variable that begins with BATON_ and is\n"
	    "none of these is an error.");
	for (row = option_rows; row < option_rows + option_count; row++) {
		if (row == option_rows || row->group != row[-1].group)
			printf(".SS %s\n", option_group_title(row->group));
		roff_variable(row);
	}
}

static void
roff_exit_codes(void)
{
	const struct exit_code *e;
	char code[8];

	puts(".SH EXIT STATUS\n"
	    "With a command it is the command's own, 128 and its number for a signal that ended it;\n"
	    "0 for what BATON_EXIT_OK names. 127: there is no such program; 126: it cannot be run; both\n"
	    "with a line that says so. A service that ended as it was asked to: 0; one that had to be\n"
	    "killed: 137. With several services it is that of the critical one that ended first, or in\n"
	    "a shutdown the first that is not 0. Else:");
	for (e = exit_codes; e->meaning != NULL; e++) {
		snprintf(code, sizeof(code), "%d", e->code);
		roff_item(code, "", e->meaning);
	}
}

static const char roff_begin[] =
    ".TH BATON 1 \"\" \"baton " BATON_VERSION "\" \"User Commands\"\n"
    ".SH NAME\n"
    "baton \\- PID 1 for a container, handing its sockets from one generation to the next\n"
    ".SH SYNOPSIS\n"
    ".B baton\n"
    ".RB [ \\-\\- ]\n"
    ".I command\n"
    ".RI [ argument ...]\n"
    ".br\n"
    ".B baton\n"
    ".I subcommand\n"
    ".RI [ argument ...]\n"
    ".SH DESCRIPTION\n"
    "As PID 1 of a container baton starts\n"
    ".I command\n"
    "as often as BATON_WORKERS says, reaps zombies and forwards signals. It holds the listening\n"
    "sockets of the service, and hands them from one generation of workers to the next, so that\n"
    "a reload, a new build or a crash refuses nobody. All of its configuration is in the\n"
    "environment.\n"
    ".PP\n"
    "With the name of a subcommand it asks the running one, or tells about itself; a command\n"
    "of that name is run after\n"
    ".BR \\-\\- .\n";

static const char roff_services[] =
    ".SH SEVERAL SERVICES\n"
    "BATON_CONFIG is the text of an INI file, with a section for each service:\n"
    ".PP\n"
    ".nf\n"
    "[service web]\n"
    "command = node server.js\n"
    "listen = 0.0.0.0:8080\n"
    "\n"
    "[service mailer]\n"
    "command = node mailer.js \\-\\-queue \\(aqoutgoing mail\\(aq\n"
    "critical = off\n"
    ".fi\n"
    ".PP\n"
    "Keys are the variables in lower case and without BATON_; what a section leaves out comes\n"
    "from the plain variables. The command is split into words at blanks outside of quotes, and\n"
    "no shell reads it. There is no command beside BATON_CONFIG.\n";

static const char roff_end[] =
    ".SH SIGNALS\n"
    "All but KILL, STOP and CHLD are passed on to the workers, as BATON_SIGNALS says, or to their\n"
    "process groups with BATON_SIGNAL_GROUP=on. A command that has bound an address, or has one in\n"
    "BATON_LISTEN, is a service.\n"
    ".TP\n"
    ".B TERM\n"
    "Shut down. A service is unready for BATON_LAMEDUCK, then drains; workers are asked to end with\n"
    "BATON_STOP_SIGNAL, and what still runs shortly before BATON_STOP_TIMEOUT is over is killed.\n"
    "A second one skips the lame\\-duck time and the waiting for connections; a command that is no\n"
    "service gets it again.\n"
    ".TP\n"
    ".BR INT \", \" QUIT\n"
    "To a service: as TERM. To any other command: passed on.\n"
    ".TP\n"
    ".B HUP\n"
    "To a service: hand over to a new generation, as\n"
    ".B baton reload\n"
    "does. To any other command, or when BATON_SIGNALS names it: passed on.\n"
    ".TP\n"
    ".BR TSTP \", \" TTIN \", \" TTOU\n"
    "Passed on, then baton stops itself unless it is PID 1; CONT wakes both.\n"
    ".SH EXAMPLES\n"
    "In a Dockerfile:\n"
    ".PP\n"
    ".nf\n"
    "COPY \\-\\-from=baton /baton /sbin/baton\n"
    "ENV BATON_WORKERS=2 BATON_LISTEN=0.0.0.0:8080\n"
    "ENTRYPOINT [\"/sbin/baton\", \"\\-\\-\"]\n"
    "CMD [\"node\", \"server.js\"]\n"
    ".fi\n"
    ".SH SEE ALSO\n"
    ".BR socket (7),\n"
    ".BR signal (7),\n"
    ".BR cgroups (7),\n"
    ".BR landlock (7)\n";

void
manual_roff(void)
{
	fputs(roff_begin, stdout);
	roff_commands();
	roff_variables();
	fputs(roff_services, stdout);
	roff_exit_codes();
	fputs(roff_end, stdout);
}

/* A cell of a table: '|' would end it, and <...> be taken for HTML. */
static void
cell(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text == '|')
			fputs("\\|", stdout);
		else if (*text == '<')
			fputs("&lt;", stdout);
		else if (*text == '*')
			fputs("\\*", stdout);
		else
			putchar(*text);
}

static void
markdown_commands(void)
{
	const struct command *c;

	puts("| command | what it does |\n|---|---|");
	for (c = commands; c->name != NULL; c++) {
		printf("| `%s%s", c->name, *c->arguments != '\0' ? " " : "");
		for (const char *at = c->arguments; *at != '\0'; at++)
			printf(*at == '|' ? "\\|" : "%c", *at);
		printf("` | ");
		cell(c->help);
		puts(" |");
	}
}

static void
markdown_exit_codes(void)
{
	const struct exit_code *e;

	puts("\n| exit status | meaning |\n|---|---|");
	for (e = exit_codes; e->meaning != NULL; e++)
		printf("| %d | %s |\n", e->code, e->meaning);
}

static void
markdown_variable(const struct option *row)
{
	char accepts[OPTION_ACCEPTS];

	option_accepts(row, accepts);
	printf("| `BATON_%s` | ", row->name);
	cell(option_default(row));
	printf(" | ");
	cell(accepts);
	printf(" | ");
	cell(row->help);
	printf(" | `%s` |\n", row->example);
}

static void
markdown_variables(void)
{
	const struct option *row;

	for (row = option_rows; row < option_rows + option_count; row++) {
		if (row == option_rows || row->group != row[-1].group)
			printf("\n### %s\n\n| variable | default | accepts | meaning | example |\n"
			    "|---|---|---|---|---|\n", option_group_title(row->group));
		markdown_variable(row);
	}
}

void
manual_markdown(void)
{
	markdown_commands();
	markdown_exit_codes();
	markdown_variables();
}

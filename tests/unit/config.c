/* Goal: several services are read as they are written, and nothing wrong or cut goes unsaid. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "init/config.h"
#include "init/words.h"

static char said[16384];
static struct config c;

static void
hear(const char *sentence)
{
	strncat(said, sentence, sizeof(said) - strlen(said) - 2);
	strcat(said, "\n");
}

static int
read_with(const char *const *environment, const char *const *command)
{
	said[0] = '\0';
	return config_read(&c, (char *const *)environment, (char *const *)command, hear);
}

#define READ(...) read_with((const char *const[]){ __VA_ARGS__, NULL }, NULL)
#define COMMAND(...) (const char *const[]){ __VA_ARGS__, NULL }

Test(config, without_it_there_is_the_command)
{
	static const char *const command[] = { "/usr/bin/node", "a.js", NULL };

	cr_assert_eq(read_with(COMMAND("BATON_WORKERS=3"), command), 0);
	cr_assert_eq(c.count, 1);
	cr_expect_str_eq(c.services[0].name, "node");
	cr_expect_eq(c.services[0].options.workers, 3);
	cr_expect_str_eq(c.services[0].command[1], "a.js");
	cr_expect(c.services[0].critical);
	cr_assert_eq(READ("BATON_CONFIG="), 0);
	cr_expect_str_eq(c.services[0].name, "service");
	cr_expect_null(c.services[0].command);
}

Test(config, a_name_is_made_of_any_program)
{
	read_with(COMMAND("A=1"), COMMAND("/usr/bin/["));
	cr_expect_str_eq(c.services[0].name, "_");
	read_with(COMMAND("A=1"), COMMAND("bin/"));
	cr_expect_str_eq(c.services[0].name, "service");
	read_with(COMMAND("A=1"), COMMAND("0123456789012345678901234567890123456789"));
	cr_expect_str_eq(c.services[0].name, "0123456789012345678901234567890");
	read_with(COMMAND("A=1"), (const char *const[]){ NULL });
	cr_expect_null(c.services[0].command);
}

Test(config, what_does_not_go_together_is_said_of_one)
{
	cr_assert_eq(READ("BATON_MAX_DRAINING=3", "BATON_WORKERS=0"), 2, "%s", said);
	cr_expect(strstr(said, "BATON_SLOTS=4 is too few") != NULL, "%s", said);
}

Test(config, two_services)
{
	const struct service_config *s = c.services;

	cr_assert_eq(READ("BATON_STOP_TIMEOUT=3s", "BATON_WORKERS=2", "BATON_LOG=json",
	    "BATON_CONFIG=\n"
	    "; the site\n"
	    "[service web]\n"
	    "command = node 'my server.js' --title \"a ; b\"\n"
	    "listen=0.0.0.0:8080\n"
	    "WORKERS = 4\n"
	    "\n"
	    "# and its helper\n"
	    "  [service mail-er.2]\r\n"
	    "  command = /bin/mailer\r\n"
	    "  critical = off\r\n"
	    "  signals = INT:QUIT\r\n"), 0, "%s", said);
	cr_assert_eq(c.count, 2);
	cr_expect_str_eq(s[0].name, "web");
	cr_expect_str_eq(s[0].command[1], "my server.js");
	cr_expect_str_eq(s[0].command[3], "a ; b");
	cr_expect_null(s[0].command[4]);
	cr_expect_eq(s[0].options.workers, 4);
	cr_expect_eq(s[0].options.listens, 1);
	cr_expect_eq(s[0].options.stop_timeout, 3000);
	cr_expect_eq(s[0].options.log, OPTION_LOG_JSON);
	cr_expect(s[0].critical);
	cr_expect_str_eq(s[1].name, "mail-er.2");
	cr_expect_eq(s[1].options.workers, 2);
	cr_expect_eq(s[1].options.listens, 0);
	cr_expect_eq(s[1].options.signals[SIGINT], SIGQUIT);
	cr_expect_eq(s[0].options.signals[SIGINT], SIGINT);
	cr_expect_not(s[1].critical);
	cr_expect(options_given(&s[0].options, "LISTEN"));
	cr_expect_not(options_given(&s[1].options, "LISTEN"));
	cr_expect_eq(c.plain.workers, 2);
}

Test(config, a_line_is_as_long_as_it_is)
{
	enum { LONG = 100000 };
	char *text = malloc(LONG + 128);
	int at = sprintf(text, "BATON_CONFIG=\xef\xbb\xbf[service web]\ncommand = run ");

	memset(text + at, 'x', LONG);
	strcpy(text + at + LONG, "\nworkers = 3");
	cr_assert_eq(READ(text), 0, "%s", said);
	cr_expect_eq(strlen(c.services[0].command[1]), LONG);
	cr_expect_eq(c.services[0].options.workers, 3);
	free(text);
}

Test(config, indented_lines_are_lines)
{
	cr_assert_eq(READ("BATON_CONFIG=[service a]\n  command = b\n  workers = 2\n"), 0, "%s", said);
	cr_expect_eq(c.services[0].options.workers, 2);
	cr_assert_eq(READ("BATON_CONFIG=[service a]\ncommand = b\n   --port=80\n"), 1);
	cr_expect(strstr(said, "line 3, [service a], key --port") != NULL, "%s", said);
}

#define WEB "BATON_CONFIG=[service web]\n"
#define RUN "command = x\n"

static const struct {
	const char *variable, *says;
} bad[] = {
	{ WEB RUN "workes = 2", "BATON_CONFIG, line 3, [service web], key workes: is no key of baton: "
	    "did you mean workers?" },
	{ WEB RUN "workers = 0", "line 3, [service web], key workers: '0' is not accepted: give a "
	    "whole number from 1 to 64, or cpus; for example workers = 2" },
	{ WEB RUN "xyzzy = 0", "key xyzzy: is no key of baton: 'baton help' lists them" },
	{ WEB RUN "workers = \"2\"", "'\\\"2\\\"' is not accepted" },
	{ WEB RUN "workers =", "key workers: is empty" },
	{ WEB RUN "workers = 2\nWORKERS = 2", "line 4, [service web], key WORKERS: stands in line 3" },
	{ WEB RUN "command = y", "line 3, [service web], key command: stands in line 2" },
	{ WEB RUN "log = json", "key log: is of baton as a whole, not of one service: set the variable "
	    "BATON_LOG instead" },
	{ WEB RUN "log_level = debug", "BATON_LOG_LEVEL" },
	{ WEB RUN "control = /x", "BATON_CONTROL" },
	{ WEB RUN "lameduck = 1s", "BATON_LAMEDUCK" },
	{ WEB RUN "parent_death_signal = TERM", "BATON_PARENT_DEATH_SIGNAL" },
	{ WEB RUN "config = x", "BATON_CONFIG instead" },
	{ WEB RUN "critical = maybe", "key critical: 'maybe' is not accepted: give on or off" },
	{ WEB RUN "critcal = off", "key critcal: is no key of baton: did you mean critical?" },
	{ WEB "comand = x\n" RUN, "line 2, [service web], key comand: is no key of baton: did you mean "
	    "command?" },
	{ WEB RUN "workers", "line 3, [service web]: 'workers' is neither [service NAME] nor KEY = VALUE" },
	{ WEB RUN "= 3", "line 3, [service web]: has no key before its '='" },
	{ WEB "workers = 2", "line 1, [service web]: has no command" },
	{ WEB, "has no command" },
	{ WEB "command = 'a", "line 2, [service web], key command: has a ' without its second one" },
	{ WEB "command = a \"b c", "has a \" without its second one" },
	{ WEB "command = a \\", "ends with a backslash" },
	{ WEB "command = a ; the web", "begins with one of ; # & | < >" },
	{ WEB "command = a && b", "begins with one of" },
	{ WEB "command = ''", "has no program to run" },
	{ WEB "command = \"\" b", "has no program to run" },
	{ WEB RUN "max_draining = 3", "BATON_CONFIG, [service web]: BATON_SLOTS=4 is too few" },
	{ "BATON_CONFIG=command = x\n[service web]\n" RUN, "line 1, key command: stands before the first "
	    "section" },
	{ "BATON_CONFIG=[web]", "line 1: '[web]' is no section of baton: write [service NAME]" },
	{ "BATON_CONFIG=[service]", "'[service]' is no section" },
	{ "BATON_CONFIG=[service a b]", "'[service a b]' is no section" },
	{ "BATON_CONFIG=[service a", "'[service a' is no section" },
	{ "BATON_CONFIG=[service a] b", "'[service a] b' is no section" },
	{ "BATON_CONFIG=[service a]]", "'[service a]]' is no section" },
	{ "BATON_CONFIG=[service 01234567890123456789012345678901]", "of 1 to 31 letters" },
	{ "BATON_CONFIG=[service 012345678901234567890123456789012345678901234567890]", "no section" },
	{ "BATON_CONFIG=[service \033]", "'[service \\u001b]' is no section" },
	{ WEB RUN "[service web]\n" RUN, "line 3: there is a [service web] before it" },
	{ "BATON_CONFIG=/etc/baton.ini", "line 1: '/etc/baton.ini' is neither" },
	{ "BATON_CONFIG= \n", "BATON_CONFIG names no service" },
	{ WEB RUN "listen = 80\n[service api]\nlisten = [::]:80\n" RUN,
	    "services web and api both listen on [::]:80" },
	{ WEB RUN "live = a\nreleases = r\n[service api]\nlive = a\nreleases = s\n" RUN,
	    "live 'a' of service web and live 'a' of service api" },
	{ WEB RUN "live = a\n[service api]\nlive = b\n" RUN,
	    "releases '.baton/releases' of service web and releases '.baton/releases' of service api" },
	{ WEB RUN "live = a\nreleases = r\n[service api]\nlive = r/b\nreleases = s\n" RUN,
	    "releases 'r' of service web and live 'r/b' of service api" },
};

Test(config, each_bad_line_has_its_sentence)
{
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		cr_expect_eq(READ(bad[i].variable), 1, "%s: %s", bad[i].variable, said);
		cr_expect(strstr(said, bad[i].says) != NULL, "%s says: %s", bad[i].variable, said);
	}
}

Test(config, all_errors_at_once)
{
	cr_assert_eq(READ("BATON_WORKERS=x", "BATON_CONFIG=a = b\n[service web]\nworkers = y\n[x]\n"
	    "slots = 1\n[service web]\nready = no\n"), 8, "%s", said);
	cr_expect(strstr(said, "BATON_WORKERS: 'x'") != NULL);
	cr_expect(strstr(said, "line 1, key a: stands before") != NULL);
	cr_expect(strstr(said, "line 3, [service web], key workers: 'y'") != NULL);
	cr_expect(strstr(said, "line 2, [service web]: has no command") != NULL);
	cr_expect(strstr(said, "line 4: '[x]'") != NULL);
	cr_expect(strstr(said, "line 5, key slots: '1'") != NULL);
	cr_expect(strstr(said, "line 6: there is a [service web]") != NULL);
	cr_expect(strstr(said, "line 7, key ready: 'no'") != NULL);
}

Test(config, no_more_than_there_is_room_for)
{
	char text[2048] = "BATON_CONFIG=";
	int i;

	for (i = 0; i < SERVICES; i++)
		sprintf(text + strlen(text), "[service s%d]\ncommand = x\n", i);
	cr_expect_eq(READ(text), 0, "%s", said);
	cr_expect_eq(c.count, SERVICES);
	strcat(text, "[service more]\ncommand = x\n");
	cr_expect_eq(READ(text), 1, "%s", said);
	cr_expect(strstr(said, "line 33: there may be no more than 16 services") != NULL, "%s", said);
}

Test(config, a_command_beside_it)
{
	cr_assert_eq(read_with(COMMAND("BATON_CONFIG=[service a]\ncommand = b"), COMMAND("node")), 1);
	cr_expect(strstr(said, "the command 'node' stands beside BATON_CONFIG") != NULL, "%s", said);
}

/* A section may have what the plain variables alone would not. */
Test(config, the_plain_variables_need_not_agree)
{
	cr_assert_eq(READ("BATON_BUILD=make", "BATON_CONFIG=[service a]\ncommand = b\nlive = dist"), 0,
	    "%s", said);
}

static const struct {
	const char *text, *words;		/* with | between */
} split[] = {
	{ "a", "a" }, { "  a\tb  ", "a|b" }, { "a 'b c' d", "a|b c|d" }, { "a \"b 'c\" d", "a|b 'c|d" },
	{ "a b\\ c", "a|b c" }, { "a '\\'", "a|\\" }, { "a \"\\\" \\\\ \\n\"", "a|\" \\ \\n" },
	{ "a '' b", "a||b" }, { "a\\'b", "a'b" }, { "x\"y\"'z'", "xyz" }, { "a b;c", "a|b;c" },
	{ "a '&&' \"; \" \\#", "a|&&|; |#" }, { "a $HOME *", "a|$HOME|*" }, { "a b#c", "a|b#c" },
};

Test(words, as_they_are_written)
{
	char joined[256], **words;
	const char *wrong;
	size_t i, j;

	for (i = 0; i < sizeof(split) / sizeof(split[0]); i++) {
		words = words_split(split[i].text, &wrong);
		cr_assert_not_null(words, "%s: %s", split[i].text, wrong);
		joined[0] = '\0';
		for (j = 0; words[j] != NULL; j++)
			sprintf(joined + strlen(joined), "%s%s", j > 0 ? "|" : "", words[j]);
		cr_expect_str_eq(joined, split[i].words);
		free(words);
	}
}

/* One letter each is the most words that a text can have. */
Test(words, as_many_as_there_can_be)
{
	char text[2000], **words;
	const char *wrong;
	int i;

	for (i = 0; i < 1999; i++)
		text[i] = i % 2 == 0 ? 'x' : ' ';
	text[1999] = '\0';
	words = words_split(text, &wrong);
	cr_assert_not_null(words);
	cr_expect_str_eq(words[999], "x");
	cr_expect_null(words[1000]);
	free(words);
}

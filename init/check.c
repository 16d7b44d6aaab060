/* check.c - baton check: the configuration in effect, or all that is wrong with it. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "init/check.h"
#include "init/command.h"
#include "init/config.h"
#include "init/effect.h"
#include "init/identity.h"
#include "init/print.h"
#include "init/program.h"

extern char **environ;

struct question {
	bool json;
	char *const *command;	/* NULL: none was given */
};

enum { SENTENCES = 200 };

struct sentences {
	int count;
	char sentence[SENTENCES][768];
};

/* What options_report collects; it is given no context of its own. */
static struct sentences errors, warnings;

static void
collect(const char *sentence)
{
	if (errors.count == SENTENCES)
		return;
	if (errors.count == SENTENCES - 1)
		sentence = "there are more errors than are shown here";
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

/* "service web: ", or nothing where there is but the one of the command line. */
static void
begin_sentence(const struct config *c, const struct service_config *s, char *to, size_t size)
{
	to[0] = '\0';
	if (c->plain.config != NULL)
		snprintf(to, size, "service %s: ", s->name);
}

static void
check_command(const struct config *c, const struct service_config *s)
{
	char path[PATH_MAX], sentence[512];

	if (s->command == NULL || program_find(s->command[0], path))
		return;
	begin_sentence(c, s, sentence, sizeof(sentence));
	text_append(sentence, sizeof(sentence), strchr(s->command[0], '/') != NULL ?
	    "the command '%.300s' is not a file that can be run" :
	    "the command '%.300s' is in no directory of PATH", s->command[0]);
	collect(sentence);
}

static void
check_identity(const struct config *c, const struct service_config *s)
{
	char why[512], sentence[640];

	if (identity_check(&s->options, why, sizeof(why)) == 0)
		return;
	begin_sentence(c, s, sentence, sizeof(sentence));
	text_append(sentence, sizeof(sentence), "%s", why);
	collect(sentence);
}

static void
check_user(const struct config *c, const struct service_config *s)
{
	char *sentence = warnings.sentence[warnings.count];

	if (s->options.user == NULL || geteuid() == 0)
		return;
	warnings.count++;
	begin_sentence(c, s, sentence, sizeof(warnings.sentence[0]));
	text_append(sentence, sizeof(warnings.sentence[0]), "BATON_USER=%.128s needs a baton that "
	    "runs as root, and this is user %d: leave it out, or start the container as root",
	    s->options.user, (int)geteuid());
}

static void
check(struct config *c, const struct question *q)
{
	int i;

	config_read(c, environ, q->command, collect);
	for (i = 0; i < c->count; i++) {
		check_command(c, &c->services[i]);
		check_identity(c, &c->services[i]);
		check_user(c, &c->services[i]);
	}
}

static void
print_sentences_json(const char *name, const struct sentences *s)
{
	int i;

	printf("\"%s\":[", name);
	for (i = 0; i < s->count; i++) {
		printf("%s", i > 0 ? "," : "");
		print_json(stdout, s->sentence[i]);
	}
	printf("],");
}

static void
print_all_json(const struct config *c)
{
	printf("{\"ok\":%s,", errors.count == 0 ? "true" : "false");
	print_sentences_json("errors", &errors);
	print_sentences_json("warnings", &warnings);
	effect_print_json(c);
	printf("}\n");
}

static void
print_sentences(enum log_level level, const struct sentences *s)
{
	int i;

	for (i = 0; i < s->count; i++)
		log_line(level, "%s", s->sentence[i]);
}

int
check_run(int argc, char *const argv[])
{
	static struct config config;
	struct question q = { 0 };

	if (read_arguments(argc, argv, &q) != 0)
		return EXIT_USAGE;
	check(&config, &q);
	if (q.json)
		print_all_json(&config);
	else {
		print_sentences(LOG_ERROR, &errors);
		print_sentences(LOG_WARNING, &warnings);
		if (errors.count == 0)
			effect_print(&config);
	}
	return errors.count == 0 ? EXIT_DONE : EXIT_CONFIGURATION;
}

/* config.c - which services there are. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "init/agree.h"
#include "init/apart.h"
#include "init/config.h"
#include "init/sections.h"

/* Letters of a name that is shown and typed; any other becomes '_'. */
static void
name_after(char name[static SERVICE_NAME], const char *program)
{
	const char *slash = strrchr(program, '/');
	char *at;

	text_copy(name, SERVICE_NAME, slash != NULL ? slash + 1 : program);
	for (at = name; *at != '\0'; at++)
		if (!isalnum((unsigned char)*at) && strchr("._-", *at) == NULL)
			*at = '_';
	if (*name == '\0')
		text_copy(name, SERVICE_NAME, "service");
}

static int
read_one(struct config *c, char *const command[], options_report *report)
{
	struct service_config *only = &c->services[0];

	c->count = 1;
	only->options = c->plain;
	only->critical = true;
	only->command = command;
	name_after(only->name, command != NULL ? command[0] : "");
	return agree(&only->options, "", report);
}

static int
read_several(struct config *c, options_report *report)
{
	char where[64];
	int errors = sections_read(c, report), i;

	for (i = 0; i < c->count; i++) {
		snprintf(where, sizeof(where), "BATON_CONFIG, [service %s]: ", c->services[i].name);
		errors += agree(&c->services[i].options, where, report);
	}
	return errors + apart(c, report);
}

static int
refuse_command(const char *program, options_report *report)
{
	char sentence[256], shown[128];

	text_escape(shown, sizeof(shown), program, strlen(program));
	snprintf(sentence, sizeof(sentence), "the command '%s' stands beside BATON_CONFIG, where each "
	    "service has its own: leave out the one or the other", shown);
	report(sentence);
	return 1;
}

static void
say_nothing(const char *sentence)
{
	(void)sentence;
}

int
config_read(struct config *c, char *const environment[], char *const command[],
    options_report *report)
{
	options_report *tell = report != NULL ? report : say_nothing;
	bool given = command != NULL && command[0] != NULL;
	int errors;

	c->count = 0;		/* the memory of services that are not there is left alone */
	errors = options_collect(&c->plain, environment, tell);
	if (c->plain.config == NULL)
		return errors + read_one(c, given ? command : NULL, tell);
	if (given)
		errors += refuse_command(command[0], tell);
	return errors + read_several(c, tell);
}

/* options.c - reading the environment with the table of variables. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "init/accepts.h"
#include "init/agree.h"
#include "init/foreign.h"
#include "init/option.h"
#include "init/options.h"
#include "init/table.h"

#define PREFIX "BATON_"

/* Always -1: the end of a refusal. */
static int
unknown(enum options_form form, const char *name, char why[static OPTIONS_WHY])
{
	const struct option *nearest = option_nearest(name);
	char like[64] = "";
	size_t i;

	if (nearest != NULL)
		text_copy(like, sizeof(like), nearest->name);
	for (i = 0; form == OPTIONS_KEY && like[i] != '\0'; i++)
		like[i] = (char)tolower((unsigned char)like[i]);
	snprintf(why, OPTIONS_WHY, nearest != NULL ? "%s: did you mean %s%s?" :
	    "%s: 'baton help' lists them%s%s", form == OPTIONS_KEY ? ": is no key of baton" :
	    " is no variable of baton", nearest != NULL && form == OPTIONS_VARIABLE ? PREFIX : "",
	    like);
	return -1;
}

static void
example(const struct option *row, enum options_form form, char *to, size_t size)
{
	size_t i;

	snprintf(to, size, form == OPTIONS_KEY ? "%s = " : PREFIX "%s=", row->name);
	for (i = 0; form == OPTIONS_KEY && to[i] != '\0'; i++)
		to[i] = (char)tolower((unsigned char)to[i]);
	text_append(to, size, "%s", row->example);
}

static int
refused(const struct option *row, enum options_form form, const char *value,
    char why[static OPTIONS_WHY])
{
	char accepts[OPTION_ACCEPTS], shown[128], instance[128], wrong[OPTION_LISTEN_WHY];

	option_accepts(row, accepts);
	text_escape(shown, sizeof(shown), value, strlen(value));
	example(row, form, instance, sizeof(instance));
	if (option_explain(row, value, wrong, sizeof(wrong)) == 0)
		snprintf(why, OPTIONS_WHY, ": '%s' is not accepted: %s", shown, wrong);
	else
		snprintf(why, OPTIONS_WHY, ": '%s' is not accepted: give %s; for example %s", shown, accepts,
		    instance);
	return -1;
}

int
options_set(struct options *o, enum options_form form, const char *name, const char *value,
    char why[static OPTIONS_WHY])
{
	const struct option *row = option_find(name);

	if (row == NULL || (form == OPTIONS_VARIABLE && strcmp(row->name, name) != 0))
		return unknown(form, name, why);
	if (form == OPTIONS_KEY && row->whole) {
		snprintf(why, OPTIONS_WHY, ": is of baton as a whole, not of one service: set the "
		    "variable " PREFIX "%s instead", row->name);
		return -1;
	}
	o->written[row - option_rows] = value;
	return option_parse(row, value, o) == 0 ? 0 : refused(row, form, value, why);
}

/* One variable of the environment. Returns how many errors it brought: 0 or 1. */
static int
take(struct options *o, const char *variable, options_report *report)
{
	const char *equals = strchr(variable, '=');
	char name[64], why[OPTIONS_WHY], sentence[OPTIONS_WHY + 80];

	if (!text_begins(variable, PREFIX) || equals == NULL || equals[1] == '\0')
		return 0;
	snprintf(name, sizeof(name), "%.*s", (int)(equals - variable - (long)strlen(PREFIX)),
	    variable + strlen(PREFIX));
	if (option_find(name) == NULL && foreign_is(name, equals + 1))
		return 0;
	if (options_set(o, OPTIONS_VARIABLE, name, equals + 1, why) == 0)
		return 0;
	snprintf(sentence, sizeof(sentence), PREFIX "%.60s%s", name, why);
	report(sentence);
	return 1;
}

static void
set_defaults(struct options *o)
{
	int i;

	memset(o, 0, sizeof(*o));
	signal_map_clear(o->signals);
	for (i = 0; i < option_count; i++)
		if (option_rows[i].value != NULL)
			option_parse(&option_rows[i], option_rows[i].value, o);
}

static void
say_nothing(const char *sentence)
{
	(void)sentence;
}

int
options_collect(struct options *o, char *const environment[], options_report *report)
{
	options_report *tell = report != NULL ? report : say_nothing;
	int errors = 0, i;

	set_defaults(o);
	for (i = 0; environment[i] != NULL; i++)
		errors += take(o, environment[i], tell);
	return errors;
}

int
options_read(struct options *o, char *const environment[], options_report *report)
{
	int errors = options_collect(o, environment, report);

	return errors + agree(o, "", report != NULL ? report : say_nothing);
}

void
options_report_log(const char *sentence)
{
	log_line(LOG_ERROR, "%s", sentence);
}

bool
options_given(const struct options *o, const char *name)
{
	const struct option *row = option_find(name);

	return row != NULL && o->written[row - option_rows] != NULL;
}

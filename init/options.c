/* options.c - reading the environment with the table of variables. */
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

static void
unknown(const char *name, options_report *report)
{
	const struct option *nearest = option_nearest(name);
	char sentence[256];

	if (nearest != NULL)
		snprintf(sentence, sizeof(sentence), PREFIX "%.60s is no variable of baton: did you "
		    "mean " PREFIX "%s?", name, nearest->name);
	else
		snprintf(sentence, sizeof(sentence), PREFIX "%.60s is no variable of baton: "
		    "'baton help' lists them", name);
	report(sentence);
}

static void
refused(const struct option *row, const char *value, options_report *report)
{
	char accepts[OPTION_ACCEPTS], sentence[512], shown[128];

	option_accepts(row, accepts);
	text_escape(shown, sizeof(shown), value, strlen(value));
	snprintf(sentence, sizeof(sentence), PREFIX "%s: '%s' is not accepted: give %s; for example "
	    PREFIX "%s=%s", row->name, shown, accepts, row->name, row->example);
	report(sentence);
}

/* One variable of the environment. Returns how many errors it brought: 0 or 1. */
static int
take(struct options *o, const char *variable, options_report *report)
{
	const char *equals = strchr(variable, '=');
	const struct option *row;
	char name[64];

	if (!text_begins(variable, PREFIX) || equals == NULL || equals[1] == '\0')
		return 0;
	snprintf(name, sizeof(name), "%.*s", (int)(equals - variable - (long)strlen(PREFIX)),
	    variable + strlen(PREFIX));
	row = option_find(name);
	if (row == NULL && foreign_is(name, equals + 1))
		return 0;
	if (row == NULL || strcmp(row->name, name) != 0) {
		unknown(name, report);
		return 1;
	}
	o->given |= UINT64_C(1) << (row - option_rows);
	if (option_parse(row, equals + 1, o) == 0)
		return 0;
	refused(row, equals + 1, report);
	return 1;
}

static void
set_defaults(struct options *o)
{
	int i;

	memset(o, 0, sizeof(*o));
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
options_read(struct options *o, char *const environment[], options_report *report)
{
	options_report *tell = report != NULL ? report : say_nothing;
	int errors = 0, i;

	set_defaults(o);
	for (i = 0; environment[i] != NULL; i++)
		errors += take(o, environment[i], tell);
	return errors + agree(o, tell);
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

	return row != NULL && (o->given >> (row - option_rows) & 1) != 0;
}

bool
options_exit_ok(const struct options *o, int code)
{
	return code >= 0 && code < 256 && (o->exit_ok[code / 64] >> (code % 64) & 1) != 0;
}

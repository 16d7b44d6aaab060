/* options.c - the command line, from one table. */
#include "tests/load/options.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind {
	KIND_COUNT,
	KIND_RATE,
	KIND_SECONDS,
	KIND_MILLISECONDS,
	KIND_TEXT,
	KIND_FLAG,
	KIND_MODE,
	KIND_ON_OFF,
	KIND_TO
};

static const struct row {
	const char *name;
	enum kind kind;
	size_t place;
	const char *argument, *help;
} rows[] = {
	{ "mode", KIND_MODE, offsetof(struct options, mode), "MODE",
	    "new: a connection a request; keepalive: connections used again and again;\n"
	    "slow: as new, with a timeout of 60 s; stream: long responses, read to their end" },
	{ "connections", KIND_COUNT, offsetof(struct options, connections), "N",
	    "at most so many at a time (16)" },
	{ "rate", KIND_RATE, offsetof(struct options, rate), "R",
	    "so many requests a second in all, on schedule (otherwise each connection as fast as "
	    "it can)" },
	{ "duration", KIND_SECONDS, offsetof(struct options, duration_us), "SECONDS",
	    "begin no request after that (10, unless --requests is given)" },
	{ "requests", KIND_COUNT, offsetof(struct options, requests), "N",
	    "so many requests in all" },
	{ "timeout", KIND_MILLISECONDS, offsetof(struct options, timeout_us), "MS",
	    "for a whole request since it was due (10000); in a stream, since the last byte" },
	{ "think", KIND_MILLISECONDS, offsetof(struct options, think_us), "MS",
	    "pause of a connection between a response and its next request" },
	{ "jitter", KIND_MILLISECONDS, offsetof(struct options, jitter_us), "MS",
	    "longer or shorter pauses, by up to so much" },
	{ "expect", KIND_TEXT, offsetof(struct options, expect), "REGEX",
	    "what the body must contain" },
	{ "generation", KIND_TEXT, offsetof(struct options, generation), "PREFIX",
	    "a header's name, or the text before the generation's number, which every response "
	    "must have" },
	{ "order", KIND_ON_OFF, offsetof(struct options, ordered), "on|off",
	    "whether an older generation than before is a failure (on)" },
	{ "marks", KIND_FLAG, offsetof(struct options, marks), NULL,
	    "read labels for the latencies from standard input, a line each; stop ends the run" },
	{ "mark", KIND_TEXT, offsetof(struct options, mark), "LABEL", "the first label (steady)" },
	{ "progress", KIND_TO, offsetof(struct options, progress_to), NULL,
	    "a line of JSON each second; --progress=FD or --progress=FILE instead of standard "
	    "error" },
	{ "verbose", KIND_FLAG, offsetof(struct options, verbose), NULL,
	    "each failure on standard error, as it happens" },
	{ "json", KIND_FLAG, offsetof(struct options, json), NULL, "the report for a program" },
	{ "help", KIND_FLAG, 0, NULL, "this" },
};

enum { ROWS = sizeof rows / sizeof rows[0] };

static void
help(void)
{
	size_t i;
	const char *c;

	printf("usage: load [options] http://HOST[:PORT][/PATH] | unix:/SOCKET[:/PATH]\n\n");
	for (i = 0; i < ROWS; i++) {
		printf("  --%s %s\n      ", rows[i].name, rows[i].argument ? rows[i].argument : "");
		for (c = rows[i].help; *c; c++)
			fputs(*c == '\n' ? "\n      " : (char[]){ *c, 0 }, stdout);
		printf("\n");
	}
	printf("\nNo request is ever tried again. Exit: 0 all were ok, 1 some failed or none was "
	       "made, 64 usage.\n");
	exit(0);
}

static void
refuse(const char *name, const char *value, const char *wanted)
{
	fprintf(stderr, "load: --%s %s: %s\n", name, value, wanted);
	exit(EXIT_USAGE);
}

/* A number that may carry a unit; `unit_us` is that of a number without. */
static instant
duration(const char *name, const char *value, double unit_us)
{
	static const struct {
		const char *name;
		double us;
	} units[] = { { "us", 1 }, { "ms", 1e3 }, { "s", 1e6 }, { "m", 6e7 } };
	double number;
	char *end;
	size_t i;

	number = strtod(value, &end);
	for (i = 0; i < sizeof units / sizeof units[0]; i++)
		if (strcmp(end, units[i].name) == 0)
			unit_us = units[i].us;
	if (end == value || !(number >= 0) || number * unit_us > 1e15 ||
	    (*end && !strchr("ums", *end)))
		refuse(name, value, "a time is expected, as 2s or 160ms");
	return (instant)(number * unit_us);
}

static uint64_t
count(const char *name, const char *value)
{
	unsigned long long number;
	char *end;

	errno = 0;
	number = strtoull(value, &end, 10);
	if (!strchr("0123456789", *value) || *end || errno || number == 0)
		refuse(name, value, "a number of at least 1 is expected");
	return number;
}

static double
rate(const char *name, const char *value)
{
	double number;
	char *end;

	number = strtod(value, &end);
	if (end == value || *end || !(number > 0) || !isfinite(number))
		refuse(name, value, "a number above 0 is expected");
	return number;
}

static enum mode
mode(const char *name, const char *value)
{
	static const char *const names[] = {
		[NEW] = "new", [KEEPALIVE] = "keepalive", [SLOW] = "slow", [STREAM] = "stream"
	};
	size_t i;

	for (i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strcmp(value, names[i]) == 0)
			return (enum mode)i;
	refuse(name, value, "new, keepalive, slow or stream is expected");
	return NEW;
}

static bool
on_off(const char *name, const char *value)
{
	if (strcmp(value, "on") != 0 && strcmp(value, "off") != 0)
		refuse(name, value, "on or off is expected");
	return value[1] == 'n';
}

static void
set(struct options *o, const struct row *row, const char *value)
{
	void *place = (char *)o + row->place;

	switch (row->kind) {
	case KIND_COUNT:
		*(uint64_t *)place = count(row->name, value);
		break;
	case KIND_RATE:
		*(double *)place = rate(row->name, value);
		break;
	case KIND_SECONDS:
		*(instant *)place = duration(row->name, value, SECOND_US);
		break;
	case KIND_MILLISECONDS:
		*(instant *)place = duration(row->name, value, MILLISECOND_US);
		break;
	case KIND_TEXT:
		*(const char **)place = value;
		break;
	case KIND_FLAG:
		if (row->place == 0)
			help();
		*(bool *)place = true;
		break;
	case KIND_MODE:
		*(enum mode *)place = mode(row->name, value);
		break;
	case KIND_ON_OFF:
		*(bool *)place = on_off(row->name, value);
		break;
	case KIND_TO:
		o->progress = true;
		o->progress_to = value;
		break;
	}
}

static void
fill_in(struct options *o)
{
	if (o->duration_us == 0 && o->requests == 0)
		o->duration_us = 10 * SECOND_US;
	if (o->timeout_us == 0)
		o->timeout_us = (o->mode == SLOW ? 60 : 10) * (instant)SECOND_US;
	if (o->jitter_us > o->think_us)
		o->jitter_us = o->think_us;
}

void
options_parse(struct options *o, int argc, char **argv)
{
	struct option longs[ROWS + 1] = { 0 };
	int i, found;

	for (i = 0; i < ROWS; i++) {
		longs[i].name = rows[i].name;
		longs[i].has_arg = rows[i].argument          ? required_argument
		                   : rows[i].kind == KIND_TO ? optional_argument
		                                             : no_argument;
	}
	*o = (struct options){ .connections = 16, .ordered = true, .mark = "steady" };
	while ((found = getopt_long(argc, argv, "", longs, &i)) != -1) {
		if (found == '?')
			exit(EXIT_USAGE);
		set(o, &rows[i], optarg);
	}
	if (argc - optind != 1) {
		fprintf(stderr, "load: one URL is expected, see load --help\n");
		exit(EXIT_USAGE);
	}
	o->url = argv[optind];
	fill_in(o);
}

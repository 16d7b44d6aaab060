/* main.c - a load generator that counts every request exactly once and never tries one again. */
#include "tests/load/options.h"
#include "tests/load/report.h"
#include "tests/load/run.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static FILE *progress;

static void
each_second(const struct run *r)
{
	if (progress)
		report_progress(progress, r);
}

/* Where the progress goes: a descriptor that was inherited, a file, or standard error. */
static FILE *
open_progress(const struct options *o)
{
	FILE *out;

	if (!o->progress)
		return NULL;
	if (!o->progress_to)
		return stderr;
	out = isdigit((unsigned char)*o->progress_to) ? fdopen(atoi(o->progress_to), "w")
	                                              : fopen(o->progress_to, "we");
	if (out)
		return out;
	fprintf(stderr, "load: cannot write progress to %s: %s\n", o->progress_to, strerror(errno));
	exit(EXIT_USAGE);
}

int
main(int argc, char **argv)
{
	static struct run run; /* large, and zeroed for free */
	struct options options;
	const char *why;
	bool good;

	options_parse(&options, argc, argv);
	progress = open_progress(&options);
	if (run_begin(&run, &options, &why) == -1) {
		fprintf(stderr, "load: %s\n", why);
		return EXIT_USAGE;
	}
	run_go(&run, each_second);
	each_second(&run);
	if (options.json)
		report_json(stdout, &run);
	else
		report_table(stdout, &run);
	good = tally_failed(&run.tally) == 0 && tally_requests(&run.tally) > 0;
	run_free(&run);
	return good ? 0 : 1;
}

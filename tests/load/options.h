/* options.h - what the command line asks for. */
#ifndef LOAD_OPTIONS_H
#define LOAD_OPTIONS_H

#include "tests/load/instant.h"

#include <stdbool.h>

enum mode { NEW, KEEPALIVE, SLOW, STREAM };

struct options {
	enum mode mode;
	const char *url;
	uint64_t connections, requests;
	double rate;
	instant duration_us, timeout_us, think_us, jitter_us;
	const char *expect;     /* extended regular expression for the body */
	const char *generation; /* what stands before the generation's number */
	bool ordered;           /* a wrong order of generations is a failure */
	const char *mark;       /* the first label */
	bool marks, json, progress, verbose;
	const char *progress_to; /* a descriptor's number or a file; standard error if NULL */
};

enum { EXIT_USAGE = 64 };

/* Read the command line. Prints what is wrong, or the help, and exits, rather than return nonsense. */
void options_parse(struct options *o, int argc, char **argv);

#endif

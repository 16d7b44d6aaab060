/* run.h - one run of the load: every request from due to counted. */
#ifndef LOAD_RUN_H
#define LOAD_RUN_H

#include "tests/load/connection.h"
#include "tests/load/options.h"
#include "tests/load/schedule.h"
#include "tests/load/timers.h"

#include <regex.h>

struct run {
	const struct options *options;
	struct target target;
	regex_t expect;
	struct schedule schedule;
	struct timers timers;
	struct marks marks;
	struct tally tally;
	instant start_us, end_us;
	uint64_t in_flight;
	struct connection *connections;
	struct connection *first_free,
	    *last_free; /* the longest free first, so that all are used */
	int poll, timer, signals;
};

/* Prepare it. On failure returns -1, and *why is one sentence. */
int run_begin(struct run *r, const struct options *o, const char **why);

/* Do it all; `each_second` is called about once a second meanwhile. */
void run_go(struct run *r, void (*each_second)(const struct run *));

void run_free(struct run *r);

#endif

/*
 * trace.h - follow one process from system call to system call, and make one of them fail.
 *
 * What it forks runs free. A call is known by its site: a hash of its number and of all its
 * callers' addresses in the binary, the same in every run of it.
 */
#ifndef FAULT_TRACE_H
#define FAULT_TRACE_H

#include <sys/types.h>

#include <stdint.h>
#include <stdio.h>

#include "tests/fault/frames.h"

enum { SITES_MOST = 4096, FAIL_MOST = 256 };

struct order {
	uint64_t site[FAIL_MOST];	/* of the calls from any of these ... */
	int sites;
	long which;			/* ... this one fails, from 1; without sites: of all calls */
	int error;			/* ... with this; 0: none fails */
	int list;			/* write a line for each new site */
};

/*
 * Trace pid, which waits for target_go, to its end and return its wait status, or -1. The report
 * gets, a line each:
 *     site HASH CALL NUMBER ADDRESS...    a site's first call, and its callers in the file
 *     failed HASH CALL NUMBER ERRNO       what was made to fail
 *     count HASH NUMBER                   how often a site was called, after the end
 *     crash SIGNAL ADDRESS...             where it was when such a signal came
 *     calls COUNT                         after its end
 *     ended exit|signal NUMBER
 */
int trace_run(pid_t pid, const struct frames *f, const struct order *o, FILE *report);

#endif

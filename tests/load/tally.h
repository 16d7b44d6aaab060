/* tally.h - what became of the requests: each is counted exactly once, as ok or as one kind of failure. */
#ifndef LOAD_TALLY_H
#define LOAD_TALLY_H

#include "tests/load/generations.h"
#include "tests/load/histogram.h"
#include "tests/load/marks.h"

enum outcome {
	OK,
	REFUSED,      /* nobody listened */
	RESET,        /* RST, or EPIPE */
	CLOSED_EARLY, /* the end came before the complete response */
	TIMED_OUT,
	BAD_STATUS,  /* complete, but not 2xx */
	BAD_CONTENT, /* no HTTP, broken framing, or not what was expected */
	BAD_ORDER,   /* an older generation than allowed */
	OTHER,       /* any other errno, named */
	OUTCOMES,
	PENDING = OUTCOMES /* not known yet; never counted */
};

enum { TALLY_ERRNOS = 140, TALLY_STATUSES = 600 };

struct tally {
	uint64_t outcomes[OUTCOMES];
	uint64_t connections; /* established */
	uint64_t closed_idle; /* kept-alive ones that the server ended while no request was out */
	uint64_t
	    open_at_end; /* streams counted as ok because they still flowed when the run ended */
	uint64_t errnos[TALLY_ERRNOS], statuses[TALLY_STATUSES];
	uint64_t failed_in[MARKS_MAX];
	struct histogram latency[MARKS_MAX]; /* of the ok ones */
	struct generations generations;
};

/* Count one request that ended under `mark`; latency matters only if it is OK. */
void tally_add(struct tally *t, enum outcome outcome, int mark, uint64_t latency_us);

uint64_t tally_failed(const struct tally *t);
uint64_t tally_requests(const struct tally *t);

/* The kind of failure that an errno is; OTHER ones are counted by number with tally_errno. */
enum outcome outcome_of_errno(int error);
void tally_errno(struct tally *t, int error);

/* "ok", "refused", "closed_early": the keys of the report. */
const char *outcome_name(enum outcome outcome);

#endif

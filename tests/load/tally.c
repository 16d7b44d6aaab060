/* tally.c - what became of the requests. No system calls. */
#include "tests/load/tally.h"

#include <errno.h>

void
tally_add(struct tally *t, enum outcome outcome, int mark, uint64_t latency_us)
{
	t->outcomes[outcome]++;
	if (outcome == OK)
		histogram_add(&t->latency[mark], latency_us);
	else
		t->failed_in[mark]++;
}

uint64_t
tally_failed(const struct tally *t)
{
	uint64_t failed = 0;
	int i;

	for (i = OK + 1; i < OUTCOMES; i++)
		failed += t->outcomes[i];
	return failed;
}

uint64_t
tally_requests(const struct tally *t)
{
	return t->outcomes[OK] + tally_failed(t);
}

enum outcome
outcome_of_errno(int error)
{
	switch (error) {
	case ECONNREFUSED:
		return REFUSED;
	case ECONNRESET:
	case EPIPE:
		return RESET;
	case ETIMEDOUT:
		return TIMED_OUT;
	default:
		return OTHER;
	}
}

void
tally_errno(struct tally *t, int error)
{
	if (error > 0 && error < TALLY_ERRNOS)
		t->errnos[error]++;
}

const char *
outcome_name(enum outcome outcome)
{
	static const char *const names[] = {
		[OK] = "ok",
		[REFUSED] = "refused",
		[RESET] = "reset",
		[CLOSED_EARLY] = "closed_early",
		[TIMED_OUT] = "timeout",
		[BAD_STATUS] = "status",
		[BAD_CONTENT] = "content",
		[BAD_ORDER] = "order",
		[OTHER] = "other",
		[PENDING] = "pending",
	};

	return names[outcome];
}

/* restart.c - when a worker that ended is started again. No system calls. */
#include "handoff/restart.h"

enum { RAN_WELL_MS = 10000 };

static bool
over_limit(struct restart *r, const struct restart_policy *p, msec now)
{
	if (r->ends == 0 || now - r->window_began > p->window) {
		r->window_began = now;
		r->ends = 0;
	}
	r->ends++;
	return r->ends > p->limit;
}

msec
restart_after(struct restart *r, const struct restart_policy *p, msec ran, uint32_t jitter,
    msec now)
{
	msec delay = p->delay;
	int i;

	if (ran >= RAN_WELL_MS)
		r->in_a_row = 0;
	if (over_limit(r, p, now))
		return CLOCK_NEVER;
	for (i = 0; i < r->in_a_row && delay < p->delay_most; i++)
		delay *= 2;
	if (delay > p->delay_most)
		delay = p->delay_most;
	r->in_a_row++;
	/* up to a quarter less, so that many that died together do not come back together */
	return now + delay - (delay / 4 > 0 ? jitter % (uint32_t)(delay / 4 + 1) : 0);
}

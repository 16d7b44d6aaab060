/*
 * restart.h - is a worker that ended started again, and when. PURE.
 *
 * The delay doubles with each end, from `delay` to `delay_most`, and begins anew after a worker
 * that ran longer than the longest delay. More than `limit` ends within `window` is the end of it.
 */
#ifndef HANDOFF_RESTART_H
#define HANDOFF_RESTART_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

enum restart { RESTART_ALWAYS, RESTART_ON_FAILURE, RESTART_NEVER };

enum { RESTART_REMEMBERED = 64, EXIT_CODES = 256 };

struct restart_policy {
	enum restart when;
	msec delay, delay_most;
	int limit;			/* at most RESTART_REMEMBERED count; 0 for no limit */
	msec window;
	bool exit_ok[EXIT_CODES];	/* codes that count as success, besides 0 */
};

/* What is remembered of one worker; all zero at first. */
struct restart_history {
	msec ends[RESTART_REMEMBERED];
	unsigned count;			/* how many ends there were, ever */
	msec delay;			/* the last one, without its jitter; 0 for none */
};

enum restart_verdict { RESTART_AFTER, RESTART_DONE, RESTART_GIVE_UP };

/* Did the worker end well: with code 0 or one that counts as success? wait_status: waitpid(2). */
bool restart_succeeded(const struct restart_policy *policy, int wait_status);

/*
 * A worker ended now, after it ran for so long. RESTART_AFTER sets *delay, which `chance` (any
 * number, best a random one) moves by up to a quarter either way, so that workers that ended
 * together do not all come back in one instant.
 */
enum restart_verdict restart_decide(const struct restart_policy *policy,
    struct restart_history *history, int wait_status, msec ran, msec now, uint32_t chance,
    msec *delay);

#endif

/* brake.c - holds a build to a part of the processors where no cgroup does. */
#include <signal.h>

#include "watcher/brake.h"

int
brake_processors(int percent)
{
	return (percent + 99) / 100;
}

void
brake_begin(struct brake *b, int percent, msec now)
{
	int whole = brake_processors(percent) * 100;

	*b = (struct brake){ .at = CLOCK_NEVER };
	if (percent == whole)
		return;
	b->run_ms = BRAKE_PERIOD_MS * percent / whole;
	if (b->run_ms == 0)
		b->run_ms = 1;
	b->at = now + b->run_ms;
}

int
brake_step(struct brake *b, msec now)
{
	if (b->run_ms == 0 || now < b->at)
		return 0;
	b->stopped = !b->stopped;
	b->at = now + (b->stopped ? BRAKE_PERIOD_MS - b->run_ms : b->run_ms);
	return b->stopped ? SIGSTOP : SIGCONT;
}

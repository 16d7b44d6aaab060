/* watchdog.c - workers that promised to say WATCHDOG=1 every so often. */
#include <signal.h>
#include <stdio.h>

#include "base/log.h"
#include "base/text.h"
#include "handoff/keep.h"

enum { US = 1000 };

void
watchdog_begin(struct keeper *k, int index)
{
	struct watchdog *d = &k->workers[index].watchdog;

	d->period = k->config->watchdog;
	d->due = d->kill_at = CLOCK_NEVER;
	d->bit = false;
}

/* Waited for from the moment it is ready; where no worker says so, from its start, once one served. */
void
watchdog_look(struct keeper *k, int index)
{
	struct worker *w = &k->workers[index];
	struct watchdog *d = &w->watchdog;
	bool up = w->ready || (k->promoted && !k->told_ready);

	if (d->due == CLOCK_NEVER && d->period > 0 && up && !d->bit && w->pid != 0)
		d->due = clock_now() + d->period;
}

void
watchdog_look_all(struct keeper *k)
{
	int i;

	for (i = 0; i < k->config->workers; i++)
		watchdog_look(k, i);
}

static void
bite(struct keeper *k, int index, const char *why)
{
	struct worker *w = &k->workers[index];
	struct watchdog *d = &w->watchdog;
	pid_t pid = voice_main(k, index);

	d->due = CLOCK_NEVER;
	if (d->bit || w->pid == 0 || w->signalled || k->phase != KEEP_RUNNING)
		return;
	d->bit = true;
	d->kill_at = clock_now() + k->config->stop_timeout;
	snprintf(w->reason, sizeof(w->reason), "%s", why);
	log_line(LOG_ERROR, "generation %u: worker %d (pid %d) %s: ended with SIGABRT",
	    k->config->serial, index, (int)pid, why);
	kill(pid, SIGABRT);
	kill(pid, SIGCONT);		/* one that was stopped would not hear it */
}

void
watchdog_heard(struct keeper *k, int index, const struct notice *n)
{
	struct watchdog *d = &k->workers[index].watchdog;

	if (n->watchdog_us >= 0) {
		d->period = (n->watchdog_us + US - 1) / US;
		d->due = CLOCK_NEVER;
	}
	if (n->alive)
		d->due = d->period > 0 && !d->bit ? clock_now() + d->period : CLOCK_NEVER;
	if (n->trigger)
		bite(k, index, "said WATCHDOG=trigger");
	watchdog_look(k, index);
}

void
watchdog_due(struct keeper *k, msec now)
{
	char why[REASON], span[32];
	int i;

	for (i = 0; i < k->config->workers; i++) {
		struct worker *w = &k->workers[i];

		if (w->watchdog.due <= now) {
			text_duration_print(span, sizeof(span), w->watchdog.period);
			snprintf(why, sizeof(why), "did not say WATCHDOG=1 for %s", span);
			bite(k, i, why);
		}
		if (w->watchdog.kill_at <= now) {
			w->watchdog.kill_at = CLOCK_NEVER;
			if (w->pid != 0)
				kill(voice_main(k, i), SIGKILL);
		}
	}
}

msec
watchdog_deadline(const struct keeper *k)
{
	msec when = CLOCK_NEVER;
	int i;

	for (i = 0; i < k->config->workers; i++) {
		const struct watchdog *d = &k->workers[i].watchdog;

		when = d->due < when ? d->due : when;
		when = d->kill_at < when ? d->kill_at : when;
	}
	return when;
}

/* places.c - which workers are to run, where they are replaced one at a time. */
#include <signal.h>

#include "base/log.h"
#include "handoff/keep.h"

void
places_begin(struct keeper *k, int64_t count)
{
	k->first = 0;
	k->end = count > 0 && count < k->config->workers ? (int)count : k->config->workers;
}

bool
places_has(const struct keeper *k, int index)
{
	return index >= k->first && index < k->end;
}

static void
take(struct keeper *k, int32_t order, int64_t range)
{
	int first = (int)(range >> 32), end = (int)(range & INT32_MAX);

	k->order = order;
	k->first = first < 0 ? 0 : first;
	k->end = end > k->config->workers ? k->config->workers : end;
}

/* Nobody has to leave, or everybody who had to is gone. */
static bool
all_gone(const struct keeper *k)
{
	int i;

	for (i = 0; i < k->config->workers; i++)
		if (k->workers[i].pid != 0 && !places_has(k, i))
			return false;
	return true;
}

static void
end_retiring(struct keeper *k)
{
	k->retiring = false;
	k->in_flight = 0;
	k->look_at = k->ask_at = CLOCK_NEVER;
}

/* One that was asked to end cannot stay: it is started again when it has. */
static void
bring(struct keeper *k, int index)
{
	struct worker *w = &k->workers[index];

	if (w->pid == 0 && w->start_at == CLOCK_NEVER)
		workers_start_one(k, index);
	else if (w->signalled)
		w->bound = w->ready = false;
	else
		fetch_stays(k, index);
}

void
places_grow(struct keeper *k, int32_t order, int64_t range)
{
	int i;

	if (k->phase != KEEP_RUNNING)
		return;
	end_retiring(k);
	take(k, order, range);
	k->announced = k->told_ready = false;
	for (i = k->first; i < k->end && k->phase == KEEP_RUNNING; i++)
		bring(k, i);
	if (k->phase != KEEP_RUNNING)
		return;
	if (k->config->announce || !k->config->learn)
		workers_announce(k);
	else
		binds_announce(k);
	workers_tell_ready(k);
}

/* They drain as a whole generation does, while the others serve on. */
void
places_retire(struct keeper *k, int32_t order, int64_t range)
{
	msec now = clock_now();
	int i;

	if (k->phase != KEEP_RUNNING)
		return;
	take(k, order, range);
	for (i = 0; i < k->config->workers; i++)
		if (!places_has(k, i)) {
			k->workers[i].start_at = CLOCK_NEVER;
			fetch_drains(k, i, k->config->drain_timeout);
		}
	k->retiring = true;
	k->ask_at = now + k->config->drain_timeout;
	if (k->slot_count == 0)
		k->ask_at = now;
	else if (leave_watch(k, k->config->drain_timeout) == -1)
		log_line(LOG_WARNING, "generation %u: the connections of a worker cannot be seen "
		    "here: %m; it is left alone for BATON_DRAIN_TIMEOUT", k->config->serial);
	places_gone(k);
}

void
places_gone(struct keeper *k)
{
	if (!k->retiring || !all_gone(k))
		return;
	end_retiring(k);
	keep_tell(k, MESSAGE_RETIRED, k->order, 0, "", -1);
}

/* Its time to drain is over, or its time to end. */
static void
press(struct keeper *k, int index, msec now)
{
	struct worker *w = &k->workers[index];

	if (w->pid == 0)
		return;
	if (w->end_at <= now) {
		w->end_at = CLOCK_NEVER;
		kill(-w->pid, SIGKILL);
		kill(w->pid, SIGKILL);
	} else if (k->ask_at <= now && !w->signalled && !places_has(k, index)) {
		k->cut += k->in_flight;
		k->in_flight = 0;
		leave_ask(k, index);
	}
}

void
places_due(struct keeper *k, msec now)
{
	int i;

	if (k->phase != KEEP_RUNNING || places_deadline(k) > now)
		return;
	for (i = 0; i < k->config->workers; i++)
		press(k, i, now);
	k->ask_at = k->ask_at <= now ? CLOCK_NEVER : k->ask_at;
}

msec
places_deadline(const struct keeper *k)
{
	msec when = k->ask_at;
	int i;

	if (k->phase != KEEP_RUNNING)
		return CLOCK_NEVER;
	for (i = 0; i < k->config->workers; i++)
		if (k->workers[i].pid != 0 && k->workers[i].end_at < when)
			when = k->workers[i].end_at;
	return when;
}

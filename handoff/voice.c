/* voice.c - what workers say of themselves, and what the keeper makes of it. */
#include <sys/wait.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/text.h"
#include "handoff/keep.h"

enum { US = 1000, EXTEND_MOST_MS = 24 * 60 * 60 * 1000 };

static void
ready(struct keeper *k, int index)
{
	k->workers[index].ready = true;
	watchdog_look(k, index);
	workers_tell_ready(k);
}

/* What people see of it. */
static void
show(struct keeper *k, int index, const struct notice *n)
{
	struct worker *w = &k->workers[index];
	enum saying was = w->saying;

	if (n->ready)
		w->saying = SAYING_READY;
	if (n->reloading)
		w->saying = SAYING_RELOADING;
	if (n->stopping)
		w->saying = SAYING_STOPPING;
	if (w->saying == was && (!n->said_status || strcmp(w->status, n->status) == 0))
		return;
	if (n->said_status)
		memcpy(w->status, n->status, sizeof(w->status));
	keep_tell(k, MESSAGE_SAYS, index, w->saying, w->status, -1);
}

static void
extend(struct keeper *k, int index, int64_t span_us)
{
	int64_t span = (span_us + US - 1) / US;
	struct worker *w = &k->workers[index];
	bool retires = k->retiring && !places_has(k, index);
	msec now = clock_now();

	if (span > EXTEND_MOST_MS)
		span = EXTEND_MOST_MS;
	if (k->phase == KEEP_LEAVING || retires)
		drain_extend(&k->drain, span, now);
	if (retires && k->ask_at < now + span)
		k->ask_at = now + span;
	if (w->end_at < now + span)
		w->end_at = now + span;
	keep_tell(k, MESSAGE_EXTEND, 0, span, "", -1);
}

/* Why it will have failed, should it fail. */
static void
give_reason(struct worker *w, const struct notice *n)
{
	if (n->error > 0 && n->error < INT32_MAX)
		snprintf(w->reason, sizeof(w->reason), "%s (ERRNO=%d)", strerror((int)n->error),
		    (int)n->error);
	if (n->bus_error[0] != '\0')
		snprintf(w->reason, sizeof(w->reason), "%s", n->bus_error);
	if (n->exit_status > 0 && w->reason[0] == '\0')
		snprintf(w->reason, sizeof(w->reason), "EXIT_STATUS=%lld",
		    (long long)n->exit_status);
}

static void
set_main(struct keeper *k, int index, int64_t pid)
{
	struct worker *w = &k->workers[index];

	if (pid <= INT32_MAX && workers_of(k, (pid_t)pid) == index) {
		w->main = pid != w->pid ? (pid_t)pid : 0;
		return;
	}
	log_line(LOG_WARNING, "generation %u: worker %d says MAINPID=%lld, which is no process of "
	    "its own: ignored", k->config->serial, index, (long long)pid);
}

void
voice_take(struct keeper *k, int index, struct notified *got)
{
	const struct notice *n = &got->notice;

	if (got->cut)
		log_line(LOG_WARNING, "generation %u: worker %d said more than fits into one "
		    "message of sd_notify: ignored", k->config->serial, index);
	if (n->extend_us > 0)
		extend(k, index, n->extend_us);
	if (n->main_pid != 0)
		set_main(k, index, n->main_pid);
	give_reason(&k->workers[index], n);
	show(k, index, n);
	if (n->ready)
		ready(k, index);
	watchdog_heard(k, index, n);
	if (n->remove)
		stored_remove(k, n);
	if (n->store)
		stored_take(k, index, got);
}

/* Somebody in another container, or who ended before he was heard. */
static void
foreign(struct keeper *k, const struct notified *got)
{
	if (!k->said_foreign)
		log_line(LOG_WARNING, "generation %u: process %d, which is none of its workers' or "
		    "has ended already, spoke on their NOTIFY_SOCKET: ignored, as are all of its "
		    "kind", k->config->serial, (int)got->sender);
	k->said_foreign = true;
}

void
voice_hear(struct keeper *k)
{
	enum { NOTICES_A_TURN = 32 };
	static struct notified got;
	int index, count = 0;

	while (count++ < NOTICES_A_TURN && notify_receive(k->notify, &got) == 1) {
		index = workers_of(k, got.sender);
		if (got.notice.barrier)
			;	/* all before it was heard: its descriptor is closed, and that is all */
		else if (index != DRAIN_NOBODY)
			voice_take(k, index, &got);
		else
			foreign(k, &got);
		notify_drop(&got);
	}
}

void
voice_begin(struct keeper *k, int index)
{
	struct worker *w = &k->workers[index];

	if (w->saying != SAYING_NOTHING || w->status[0] != '\0')
		keep_tell(k, MESSAGE_SAYS, index, SAYING_NOTHING, "", -1);
	w->saying = SAYING_NOTHING;
	w->status[0] = w->reason[0] = '\0';
	w->main = 0;
	w->drains_until = 0;
}

/* --- MAINPID ----------------------------------------------------------------------------------- */

pid_t
voice_main(const struct keeper *k, int index)
{
	const struct worker *w = &k->workers[index];

	/* it may have ended, and its pid be somebody else's */
	return w->main != 0 && workers_of(k, w->main) == index ? w->main : w->pid;
}

bool
voice_goes_on(struct keeper *k, int index)
{
	struct worker *w = &k->workers[index];
	siginfo_t info = { 0 };

	/* who lost its parent is a child of ours by now */
	if (w->main == 0 || k->phase == KEEP_ENDING ||
	    waitid(P_PID, (id_t)w->main, &info, WEXITED | WNOHANG | WNOWAIT) == -1)
		return false;
	w->pid = w->main;
	w->main = 0;
	keep_tell(k, MESSAGE_MAIN, index, w->pid, "", -1);
	return true;
}

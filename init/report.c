/* report.c - what PID 1 says about what happens. */
#include <sys/wait.h>

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/text.h"
#include "handoff/canary.h"
#include "handoff/outcome.h"
#include "handoff/settle.h"
#include "init/control.h"
#include "init/init.h"
#include "init/print.h"
#include "init/report.h"

/* One line to the log and to whoever waits. */
static void __attribute__((format(printf, 5, 6)))
say(struct init *init, struct served *sv, enum log_level level, int lines, const char *format, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	log_line(level, "%s", text);
	control_step(init, sv, text, lines);
}

static void
release_text(char *to, size_t size, int32_t release)
{
	to[0] = '\0';
	if (release != 0)
		snprintf(to, size, " release %d", release);
}

/* Not a service, as far as anybody knows. */
static bool
is_plain(const struct service *s)
{
	return s->policy.plain_ends && !s->listening;
}

/* A plain command is not talked over: what it says and how it ends is all that people want to see. */
static enum log_level
level_of(const struct served *sv)
{
	return is_plain(&sv->service) ? LOG_DEBUG : LOG_INFO;
}

static void
report_serving(struct init *init, struct served *sv, const struct service *before,
    const struct generation *g)
{
	const struct generation *old = service_look(&sv->service, before->live);
	char release[24], took[32];

	release_text(release, sizeof(release), g->release);
	text_duration_print(took, sizeof(took), g->since - g->started);
	if (old != NULL && before->step > 0)
		say(init, sv, LOG_INFO, -1, "generation %u: serving%s, after its canary; generation "
		    "%u is %s", g->serial, release, old->serial,
		    old->state == GENERATION_READY ? "kept warm" : "draining");
	else if (old == NULL)
		say(init, sv, level_of(sv), -1, "generation %u: serving%s, ready after %s",
		    g->serial, release, took);
	else
		say(init, sv, LOG_INFO, -1, "generation %u: serving%s, ready after %s; generation %u "
		    "is %s", g->serial, release, took, old->serial,
		    old->state == GENERATION_READY ? "kept warm" : "draining");
}

static void
report_generation(struct init *init, struct served *sv, const struct service *before,
    const struct generation *was, const struct generation *is)
{
	char release[24];

	release_text(release, sizeof(release), is->release);
	if (is->serial != was->serial && is->serial != 0)
		/* tried again, it was said when that will be */
		say(init, sv, before->failures > 0 ? LOG_DEBUG : level_of(sv), -1,
		    "generation %u: starting%s", is->serial, release);
	if (is->serial == 0 || (is->serial == was->serial && is->state == was->state))
		return;
	switch (is->state) {
	case GENERATION_SERVING:
		report_serving(init, sv, before, is);
		break;
	case GENERATION_DRAINING:
		if (before->live != is->serial || sv->service.live == 0)
			say(init, sv, level_of(sv), -1, "generation %u: draining", is->serial);
		break;
	case GENERATION_STOPPING:
		log_line(LOG_DEBUG, "generation %u: stopping", is->serial);
		break;
	case GENERATION_NONE:
	case GENERATION_STARTING:
	case GENERATION_READY:
	case GENERATION_STATES:
		break;
	}
}

/* The candidate came to nothing: say why, as far as anybody told. */
static void
report_candidate_failed(struct init *init, struct served *sv, const struct service *before)
{
	const struct service *after = &sv->service;
	const struct generation *g = service_look(before, before->candidate);
	char why[sizeof(sv->last_failure)] = "not ready within ", limit[32];
	char next[96] = "", retry[32];

	if (g == NULL)
		return;
	/* a job that is done has not failed */
	if (after->stopping && !before->listening &&
	    outcome_succeeded(after->policy.exit_ok, after->status))
		return;
	if (is_plain(before)) {
		/* a command that ran and ended: its status says it all, 127 as well */
		if (sv->failure_not_run && sv->failure_serial == g->serial)
			say(init, sv, LOG_ERROR, -1, "%s", sv->last_failure);
		return;
	}
	if (g->deadline > clock_now() && !rolling_overdue(before, clock_now())) {
		text_copy(why, sizeof(why), sv->failure_serial == g->serial ?
		    sv->last_failure : "its keeper ended");
		sv->failure_complete = true;
	} else {	/* what it wrote comes when its keeper has been told to stop */
		fd_close(&sv->last_failure_lines);
		sv->failure_complete = false;
		text_duration_print(limit, sizeof(limit), before->policy.patience.ready);
		text_append(why, sizeof(why), "%s", limit);
		if (sv->failure_serial == g->serial)
			text_append(why, sizeof(why), ": %s", sv->last_failure);
	}
	text_copy(sv->last_failure, sizeof(sv->last_failure), why);
	sv->failure_serial = g->serial;
	account_failed(sv, g->serial, why, clock_now());
	if (after->live != 0)
		snprintf(next, sizeof(next), "; generation %u serves on", after->live);
	else if (!after->stopping && after->retry_at <= clock_now())
		snprintf(next, sizeof(next), "; the next try is at once");
	else if (!after->stopping) {
		text_duration_print(retry, sizeof(retry), after->retry_at - clock_now());
		snprintf(next, sizeof(next), "; failure %d in a row, next try in %s",
		    after->failures, retry);
	}
	say(init, sv, LOG_ERROR, sv->last_failure_lines, "generation %u: failed: %s%s",
	    g->serial, why, next);
}

/* How many connections the candidate gets from here on; or that it is not wanted any more. */
static void
report_canary(struct init *init, struct served *sv, const struct service *before)
{
	const struct service *after = &sv->service;
	const struct canary_step *step = canary_now(after);
	char share[16], span[32];

	if (step != NULL && (after->step != before->step || after->candidate != before->candidate)) {
		text_duration_print(span, sizeof(span), step->span);
		print_share(share, sizeof(share), step->share);
		say(init, sv, LOG_INFO, -1, "generation %u: canary: %s of new connections%s, for "
		    "%s", after->candidate, share, step->by_source ? ", by source" : "", span);
	} else if (before->step > 0 && after->candidate != before->candidate &&
	    after->failed == before->failed && after->live == before->live)
		say(init, sv, LOG_INFO, -1, "generation %u: its canary ends: something newer is "
		    "wanted", before->candidate);
}

/* For whom the next handoff waits, and until when. */
static void
wait_text(char *to, size_t size, const struct service *s, const struct generation *g)
{
	bool draining = g->state == GENERATION_DRAINING;
	msec span = g->serial == s->live ? s->roll.deadline : g->deadline;
	char most[32];

	if (g->serial == s->live)
		snprintf(to, size, "waiting for all workers of generation %u", g->serial);
	else
		snprintf(to, size, "waiting for generation %u to %s", g->serial,
		    draining ? "drain" : "end");
	/* in whole seconds, upwards */
	text_duration_print(most, sizeof(most), (span - clock_now() + 999) / 1000 * 1000);
	text_append(to, size, ", for %s at the latest", most);
	if (draining && s->policy.places == 0)
		text_append(to, size, " (BATON_MAX_DRAINING=%d)", s->policy.most_draining);
}

/* The next handoff cannot begin yet: in the log once, and to everybody who asks meanwhile. */
static void
report_wait(struct init *init, struct served *sv, const struct service *before)
{
	const struct generation *was = settle_waits_for(before);
	const struct generation *is = settle_waits_for(&sv->service);
	char text[MESSAGE_TEXT];

	if (is == NULL || (was != NULL && before->turn == sv->service.turn))
		return;
	wait_text(text, sizeof(text), &sv->service, is);
	if (was == NULL)
		log_line(LOG_INFO, "the next handoff is %s", text);
	control_step(init, sv, text, -1);
}

/* Its time is over, whatever it does. */
static void
report_old(struct init *init, struct served *sv, const struct service *before)
{
	char age[32];

	if (before->renew_at == sv->service.renew_at || sv->service.renew_at != CLOCK_NEVER ||
	    before->turn == sv->service.turn)
		return;
	text_duration_print(age, sizeof(age), before->policy.max_age);
	say(init, sv, LOG_INFO, -1, "generation %u: has served for %s (BATON_MAX_AGE): replaced",
	    before->live, age);
}

/* What a handoff cost, once all of it is known. In two parts to who waits, whose lines are short. */
static void
report_handoffs(struct init *init, struct served *sv)
{
	char first[ACCOUNT_TEXT], second[ACCOUNT_TEXT];
	const struct handoff *h;

	while ((h = account_next(sv)) != NULL) {
		account_print(h, first, second);
		log_line(account_lossy(h) ? LOG_WARNING : level_of(sv), "%s; %s", first, second);
		control_step(init, sv, first, -1);
		control_step(init, sv, second, -1);
	}
}

/* Worker by worker. */
static void
report_roll(struct init *init, struct served *sv, const struct service *before)
{
	const struct service *after = &sv->service;
	const struct rolling *was = &before->roll, *is = &after->roll;

	if (is->to == 0 || (is->to == was->to && is->moved == was->moved))
		return;
	if (is->back)
		say(init, sv, LOG_INFO, -1, "generation %u: worker %d serves again in place of "
		    "generation %u's", after->live, is->moved, is->to);
	else
		say(init, sv, LOG_INFO, -1, "generation %u: worker %d of %d serves; generation %u's is "
		    "draining", is->to, is->moved, after->policy.places, after->live);
}

void
report_step(struct init *init, struct served *sv, const struct service *before)
{
	const struct service *after = &sv->service;
	int i;

	if (!before->stopping && after->stopping)
		say(init, sv, level_of(sv), -1, after->lame ? "asked to end: serving on for the "
		    "lame-duck time, but not ready any more" : "ending");
	report_old(init, sv, before);
	report_canary(init, sv, before);
	report_roll(init, sv, before);
	if (after->failed != before->failed)
		report_candidate_failed(init, sv, before);
	for (i = 0; i < GENERATIONS; i++)
		report_generation(init, sv, before, &before->generations[i], &after->generations[i]);
	report_wait(init, sv, before);
	report_handoffs(init, sv);
}

void
report_failure(struct init *init, struct served *sv, uint32_t serial, const char *why, bool not_run,
    int lines)
{

	if (serial == sv->failure_serial && serial != sv->service.candidate) {
		if (lines != -1 && !sv->failure_complete)
			control_step(init, sv, "the last lines it wrote:", lines);
		sv->failure_complete = true;
		return;
	}
	sv->failure_complete = true;
	text_copy(sv->last_failure, sizeof(sv->last_failure), why);
	sv->failure_serial = serial;
	sv->failure_not_run = not_run;
	fd_close(&sv->last_failure_lines);
	if (lines != -1)
		sv->last_failure_lines = fcntl(lines, F_DUPFD_CLOEXEC, 0);
	if (serial == sv->service.live)
		say(init, sv, LOG_ERROR, lines, "generation %u: failed while it served: %s", serial,
		    why);
}

void
report_probe(struct init *init, struct served *sv, uint32_t serial, const char *why)
{
	bool new = sv->failure_serial != serial ||
	    strcmp(sv->last_failure, why) != 0;

	fd_close(&sv->last_failure_lines);
	text_copy(sv->last_failure, sizeof(sv->last_failure), why);
	sv->failure_serial = serial;
	if (new)
		say(init, sv, LOG_INFO, -1, "generation %u: not ready yet: %s", serial, why);
}

void
report_canary_failed(struct init *init, struct served *sv, uint32_t serial, const char *why)
{
	(void)init;
	fd_close(&sv->last_failure_lines);
	snprintf(sv->last_failure, sizeof(sv->last_failure), "in its canary: %s", why);
	sv->failure_serial = serial;
	sv->failure_not_run = false;
	sv->failure_complete = true;
}

void
report_heavy(struct init *init, struct served *sv, uint32_t serial, int64_t bytes)
{
	enum { MEBI = 20 };

	if (serial == sv->service.live && sv->service.settled == sv->service.turn)
		say(init, sv, LOG_WARNING, -1, "generation %u: its workers have %lld MiB, "
		    "BATON_MEMORY is %lld MiB: replaced", serial, (long long)(bytes >> MEBI),
		    (long long)(init_options(init, sv)->memory >> MEBI));
}

void
report_keeper_died(struct init *init, struct served *sv, uint32_t serial, int status)
{
	if (service_look(&sv->service, serial) == NULL)
		return;
	say(init, sv, LOG_ERROR, -1, "generation %u: its keeper was killed by signal %d, and its "
	    "workers with it", serial, WIFSIGNALED(status) ? WTERMSIG(status) : 0);
	text_copy(sv->last_failure, sizeof(sv->last_failure),
	    "its keeper was killed");
	sv->failure_serial = serial;
}

void
report_gone(struct init *init, struct served *sv, const struct keeper_record *k)
{
	if (k->serial == sv->failure_serial)
		sv->failure_complete = true;
	if (account_gone(sv, k))
		return;		/* told with the handoff, when its slot has been looked into */
	if (!k->promoted)
		return;		/* it never had a connection; that it failed was said */
	if (k->cut > 0)
		say(init, sv, LOG_WARNING, -1, "generation %u: gone; %d connections closed while "
		    "quiet, %d cut", k->serial, k->closed_quiet, k->cut);
	else
		say(init, sv, level_of(sv), -1, "generation %u: gone; %d connections closed while "
		    "quiet, none cut", k->serial, k->closed_quiet);
}

/* The watcher has logged it: here it is for who waits. */
static void __attribute__((format(printf, 3, 4)))
tell(struct init *init, struct served *sv, const char *format, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	control_step(init, sv, text, -1);
}

void
report_build_began(struct init *init, struct served *sv, int32_t number, const char *trigger)
{
	tell(init, sv, "build %d: started (%s)", number, trigger);
}

void
report_build(struct init *init, struct served *sv, int32_t number, enum build_result result, msec took,
    const char *why)
{
	char length[32];

	text_duration_print(length, sizeof(length), took);
	switch (result) {
	case RESULT_BUILT:
		tell(init, sv, "build %d: done in %s", number, length);
		break;
	case RESULT_SAME:
		tell(init, sv, "build: done in %s, the same as release %d: no handoff", length, number);
		break;
	case RESULT_FAILED:
		tell(init, sv, "build %d: failed after %s: %s; what serves is as it was", number,
		    length, why);
		break;
	case RESULT_NONE:
		break;
	}
}

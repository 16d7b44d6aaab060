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
#include "init/control.h"
#include "init/init.h"
#include "init/report.h"

/* One line to the log and to whoever waits. */
static void __attribute__((format(printf, 4, 5)))
say(struct init *init, enum log_level level, int lines, const char *format, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	log_line(level, "%s", text);
	control_step(init, text, lines);
}

static void
release_text(char *to, size_t size, int32_t release)
{
	to[0] = '\0';
	if (release != 0)
		snprintf(to, size, " release %d", release);
}

static void
report_serving(struct init *init, const struct service *before, const struct generation *g)
{
	const struct generation *old = service_look(&init->state.service, before->live);
	char release[24], took[32];

	release_text(release, sizeof(release), g->release);
	text_duration_print(took, sizeof(took), g->since - g->started);
	if (old == NULL)
		say(init, LOG_INFO, -1, "generation %u: serving%s, ready after %s", g->serial,
		    release, took);
	else
		say(init, LOG_INFO, -1, "generation %u: serving%s, ready after %s; generation %u "
		    "is %s", g->serial, release, took, old->serial,
		    old->state == GENERATION_READY ? "kept warm" : "draining");
}

static void
report_generation(struct init *init, const struct service *before, const struct generation *was,
    const struct generation *is)
{
	char release[24];

	release_text(release, sizeof(release), is->release);
	if (is->serial != was->serial && is->serial != 0)
		say(init, LOG_INFO, -1, "generation %u: starting%s", is->serial, release);
	if (is->serial == 0 || (is->serial == was->serial && is->state == was->state))
		return;
	switch (is->state) {
	case GENERATION_SERVING:
		report_serving(init, before, is);
		break;
	case GENERATION_DRAINING:
		if (before->live != is->serial || init->state.service.live == 0)
			say(init, LOG_INFO, -1, "generation %u: draining", is->serial);
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

/* Not a service, as far as anybody knows. */
static bool
is_plain(const struct service *s)
{
	return s->policy.plain_ends && !s->listening;
}

/* The candidate came to nothing: say why, as far as anybody told. */
static void
report_candidate_failed(struct init *init, const struct service *before)
{
	const struct service *after = &init->state.service;
	const struct generation *g = service_look(before, before->candidate);
	char why[sizeof(init->state.last_failure)] = "not ready within ", limit[32];
	char next[96] = "", retry[32];

	if (g == NULL)
		return;
	if (is_plain(before) && after->status != 126 && after->status != 127)
		return;		/* a command that ran and ended: its status says it all */
	if (g->deadline > clock_now()) {
		text_copy(why, sizeof(why), init->state.failure_serial == g->serial ?
		    init->state.last_failure : "its keeper ended");
		init->state.failure_complete = true;
	} else {	/* what it wrote comes when its keeper has been told to stop */
		fd_close(&init->state.last_failure_lines);
		init->state.failure_complete = false;
		text_duration_print(limit, sizeof(limit), before->policy.patience.ready);
		text_append(why, sizeof(why), "%s", limit);
		if (init->state.failure_serial == g->serial)
			text_append(why, sizeof(why), ": %s", init->state.last_failure);
	}
	text_copy(init->state.last_failure, sizeof(init->state.last_failure), why);
	init->state.failure_serial = g->serial;
	if (after->live != 0)
		snprintf(next, sizeof(next), "; generation %u serves on", after->live);
	else if (!after->stopping) {
		text_duration_print(retry, sizeof(retry), after->retry_at - clock_now());
		snprintf(next, sizeof(next), "; failure %d in a row, next try in %s",
		    after->failures, retry);
	}
	say(init, LOG_ERROR, init->state.last_failure_lines, "generation %u: failed: %s%s",
	    g->serial, why, next);
}

void
report_step(struct init *init, const struct service *before, const struct event *e)
{
	const struct service *after = &init->state.service;
	int i;

	(void)e;
	if (!before->stopping && after->stopping)
		say(init, is_plain(before) ? LOG_DEBUG : LOG_INFO, -1, after->lame ? "asked to end: serving on for the lame-duck "
		    "time, but not ready any more" : "ending");
	if (after->failed != before->failed)
		report_candidate_failed(init, before);
	for (i = 0; i < GENERATIONS; i++)
		report_generation(init, before, &before->generations[i], &after->generations[i]);
}

void
report_failure(struct init *init, uint32_t serial, const char *why, int lines)
{
	struct state *st = &init->state;

	if (serial == st->failure_serial && serial != st->service.candidate) {
		if (lines != -1 && !st->failure_complete)
			control_step(init, "the last lines it wrote:", lines);
		st->failure_complete = true;
		return;
	}
	st->failure_complete = true;
	text_copy(st->last_failure, sizeof(st->last_failure), why);
	st->failure_serial = serial;
	fd_close(&st->last_failure_lines);
	if (lines != -1)
		st->last_failure_lines = fcntl(lines, F_DUPFD_CLOEXEC, 0);
	if (serial == st->service.live)
		say(init, LOG_ERROR, lines, "generation %u: failed while it served: %s", serial,
		    why);
}

void
report_probe(struct init *init, uint32_t serial, const char *why)
{
	bool new = init->state.failure_serial != serial ||
	    strcmp(init->state.last_failure, why) != 0;

	fd_close(&init->state.last_failure_lines);
	text_copy(init->state.last_failure, sizeof(init->state.last_failure), why);
	init->state.failure_serial = serial;
	if (new)
		say(init, LOG_INFO, -1, "generation %u: not ready yet: %s", serial, why);
}

void
report_keeper_died(struct init *init, uint32_t serial, int status)
{
	if (service_look(&init->state.service, serial) == NULL)
		return;
	say(init, LOG_ERROR, -1, "generation %u: its keeper was killed by signal %d, and its "
	    "workers with it", serial, WIFSIGNALED(status) ? WTERMSIG(status) : 0);
	text_copy(init->state.last_failure, sizeof(init->state.last_failure),
	    "its keeper was killed");
	init->state.failure_serial = serial;
}

void
report_gone(struct init *init, const struct keeper_record *k)
{
	if (k->serial == init->state.failure_serial)
		init->state.failure_complete = true;
	if (!k->promoted)
		return;		/* it never had a connection; that it failed was said */
	if (k->cut > 0)
		say(init, LOG_WARNING, -1, "generation %u: gone; %d connections closed while "
		    "quiet, %d cut", k->serial, k->closed_quiet, k->cut);
	else
		say(init, LOG_INFO, -1, "generation %u: gone; %d connections closed while quiet, "
		    "none cut", k->serial, k->closed_quiet);
}

/* The watcher has logged it: here it is for who waits. */
static void __attribute__((format(printf, 2, 3)))
tell(struct init *init, const char *format, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	control_step(init, text, -1);
}

void
report_build_began(struct init *init, int32_t number, const char *trigger)
{
	tell(init, "build %d: started (%s)", number, trigger);
}

void
report_build(struct init *init, int32_t number, enum build_result result, msec took,
    const char *why)
{
	char length[32];

	text_duration_print(length, sizeof(length), took);
	switch (result) {
	case RESULT_BUILT:
		tell(init, "build %d: done in %s", number, length);
		break;
	case RESULT_SAME:
		tell(init, "build: done in %s, the same as release %d: no handoff", length, number);
		break;
	case RESULT_FAILED:
		tell(init, "build %d: failed after %s: %s; what serves is as it was", number,
		    length, why);
		break;
	case RESULT_NONE:
		break;
	}
}

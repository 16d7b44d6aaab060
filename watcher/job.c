/* job.c - one build as the watcher sees it. */
#include <sys/wait.h>

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/text.h"
#include "base/wire.h"
#include "watcher/files.h"
#include "watcher/intent.h"
#include "watcher/job.h"
#include "watcher/separate.h"
#include "watcher/store.h"
#include "watcher/warden.h"

void
job_init(struct job *j)
{
	*j = (struct job){ .channel = -1, .output = { .pipe = -1, .file = -1 } };
}

static int
fail(struct job *j, const char *what)
{
	j->record.result = RECORD_FAILED;
	snprintf(j->record.why, sizeof(j->record.why), "%s: %s", what, strerror(errno));
	return -1;
}

void
job_refuse(struct job *j, const char *what)
{
	fail(j, what);
}

void
job_begin(struct job *j, const struct watch_config *config, const char *trigger)
{
	job_init(j);
	j->began = clock_now();
	j->record.number = store_next(config->releases);
	j->output.number = j->record.number;
	j->record.time = clock_wall();
	text_copy(j->record.trigger, sizeof(j->record.trigger), trigger);
	/* the number is taken from now on, whatever happens */
	if (store_write(config->releases, &j->record) == -1)
		fail(j, "cannot write its record");
}

int
job_start(struct job *j, const struct watch_config *config, int warden)
{
	int ends[2], writer;

	if (j->record.result == RECORD_FAILED)
		return -1;
	if ((writer = output_open(&j->output, config->releases, j->record.number)) == -1)
		return fail(j, "cannot take the build's output");
	if (wire_pair(ends) == -1) {
		fd_close(&writer);
		return fail(j, "cannot talk to the builder");
	}
	if (warden_build(warden, j->record.number, j->record.trigger, ends[1], writer) == 0) {
		j->running = true;
	} else {
		fail(j, "cannot start the builder");
		fd_close(&ends[0]);
	}
	j->channel = ends[0];
	fd_close(&ends[1]);
	fd_close(&writer);
	return j->running ? 0 : -1;
}

void
job_end(struct job *j)
{
	j->dropped = true;
	fd_close(&j->channel);
}

int
job_receive(struct job *j)
{
	struct message m;
	int fd = -1, got = wire_receive(j->channel, &m, &fd);

	if (got == 0)
		fd_close(&j->channel);
	if (got != 1)
		return 0;
	fd_close(&fd);
	if (m.type == MESSAGE_BUILD_FAILED)
		text_copy(j->record.why, sizeof(j->record.why), m.text);
	return 1;
}

/* How the builder ended, when it had no message for us. */
static int
judge_status(struct job *j, int status)
{
	struct record *r = &j->record;

	if (r->result == RECORD_FAILED)
		return -1;
	if (!j->dropped && WIFEXITED(status) && WEXITSTATUS(status) == 0 && *r->why == '\0')
		return 0;
	r->result = RECORD_FAILED;
	if (j->dropped)
		text_copy(r->why, sizeof(r->why), "was ended");
	else if (*r->why == '\0' && WIFSIGNALED(status))
		snprintf(r->why, sizeof(r->why), "the builder was killed by signal %d",
		    WTERMSIG(status));
	else if (*r->why == '\0')
		snprintf(r->why, sizeof(r->why), "the builder ended with status %d",
		    WEXITSTATUS(status));
	return -1;
}

/* What the live release holds, from its record, or by looking at one that has none. */
static uint64_t
digest_of(const char *releases, int32_t number)
{
	struct record record = { 0 };
	char path[PATH_MAX], why[MESSAGE_TEXT];

	if (number == 0 || store_path(path, sizeof(path), releases, number) == -1)
		return 0;
	if (store_read(releases, number, &record) == 0 && record.survey.digest != 0)
		return record.survey.digest;
	return survey_take(path, &record.survey, why, sizeof(why)) == 0 ? record.survey.digest : 0;
}

/* The release that the build equals, 0 for none. */
static int32_t
same_as(const struct job *j, const char *releases, int32_t live)
{
	const struct intent_release now = { live, digest_of(releases, live) };
	const struct intent_release told = { j->told, digest_of(releases, j->told) };

	return j->record.survey.files > 0 ? intent_same(j->record.survey.digest, now, told) : 0;
}

/* What a build says of a full disk is its own language: say what is the matter. */
static void
explain(struct record *r, const char *releases)
{
	const char *none = store_shortage(releases);

	if (r->result == RECORD_FAILED && none != NULL && strstr(r->why, "No space") == NULL)
		text_append(r->why, sizeof(r->why), "; no %s left in %s", none, releases);
}

static int
publish(struct job *j, const struct watch_config *config, int32_t live)
{
	struct record *r = &j->record;
	char out[PATH_MAX];

	if (store_file(out, sizeof(out), config->releases, ".", r->number, "") == -1)
		return fail(j, "cannot look at its output");
	r->result = RECORD_FAILED;
	if (survey_take(out, &r->survey, r->why, sizeof(r->why)) == -1)
		return -1;
	if (r->survey.files == 0 && config->live != NULL) {
		text_copy(r->why, sizeof(r->why), "it wrote nothing into $BATON_OUT");
		return -1;
	}
	r->same_as = same_as(j, config->releases, live);
	r->result = r->same_as != 0 ? RECORD_SAME : RECORD_BUILT;
	if (r->same_as != 0 || r->survey.files == 0)
		return 0;
	if (separate(out) == -1)
		return fail(j, "cannot copy what it has linked");
	if (files_own(out) == -1)
		return fail(j, "cannot take over its output");
	r->length = clock_now() - j->began;
	return store_seal(config->releases, r) == 0 ? 0 :
	    fail(j, "cannot publish it");
}

static enum message_type
type_of(enum record_result result)
{
	switch (result) {
	case RECORD_BUILT:
	case RECORD_IMPORTED:
		return MESSAGE_BUILT;
	case RECORD_SAME:
		return MESSAGE_BUILD_SAME;
	case RECORD_FAILED:
	case RECORD_UNKNOWN:
		break;
	}
	return MESSAGE_BUILD_FAILED;
}

static void
tell(const struct job *j, int32_t live, int status, struct message *m, int *fd)
{
	const struct record *r = &j->record;

	*m = (struct message){
		.type = type_of(r->result), .release = r->number, .value = r->length,
	};
	*fd = -1;
	if (r->result == RECORD_SAME) {
		m->release = r->same_as;
		m->code = r->same_as != live;
	} else if (r->result == RECORD_BUILT && r->survey.files == 0)
		m->release = 0;	/* built in place: there is no release of it */
	if (r->result != RECORD_FAILED)
		return;
	m->code = status;
	text_copy(m->text, sizeof(m->text), r->why);
	*fd = output_tail(&j->output);
}

static void
say(const struct job *j, char *line, size_t size)
{
	const struct record *r = &j->record;
	char took[32];

	text_duration_print(took, sizeof(took), r->length);
	if (r->result == RECORD_FAILED)
		snprintf(line, size, "failed after %s: %s", took, r->why);
	else if (r->result == RECORD_SAME)
		snprintf(line, size, "done in %s, and equals release %" PRId32, took, r->same_as);
	else
		snprintf(line, size, "done in %s: %" PRId64 " files, %" PRId64 " bytes", took,
		    r->survey.files, r->survey.bytes);
}

void
job_finish(struct job *j, const struct watch_config *config, int32_t live, int status,
    struct message *m, int *fd)
{
	char line[256];

	while (j->channel != -1 && job_receive(j) == 1)
		;
	if (judge_status(j, status) == 0 && publish(j, config, live) == -1)
		j->record.result = RECORD_FAILED;
	explain(&j->record, config->releases);
	/* all of it: a watcher that was killed may have left a builder, which left something later */
	store_drop(config->releases, 0);
	j->record.length = clock_now() - j->began;
	say(j, line, sizeof(line));
	output_say(&j->output, line);
	output_close(&j->output);
	store_write(config->releases, &j->record);
	tell(j, live, status, m, fd);
	fd_close(&j->channel);
	j->running = false;
}

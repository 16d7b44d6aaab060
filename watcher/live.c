/* live.c - the live link, and what was there before it. */
#include <sys/stat.h>

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/role.h"
#include "base/text.h"
#include "base/wire.h"
#include "watcher/assets.h"
#include "watcher/fence.h"
#include "watcher/files.h"
#include "watcher/link.h"
#include "watcher/live.h"
#include "watcher/store.h"

enum { MOST_RECORDS = 256 };

/* What is at the live path. */
enum found { FOUND_NOTHING, FOUND_RELEASE, FOUND_DIRECTORY, FOUND_OTHER };

struct store {
	const struct watch_config *config;
	const char *live, *releases;
	char own[PATH_MAX];	/* RELEASES/live */
	char mark[PATH_MAX];	/* there while the directory at live is being removed */
};

static int
open_store(struct store *s, const struct watch_config *config, char *live, size_t size)
{
	size_t length;

	if (text_copy(live, size, config->live != NULL ? config->live : "") == -1 ||
	    snprintf(s->own, sizeof(s->own), "%s/live", config->releases) >= (int)sizeof(s->own) ||
	    snprintf(s->mark, sizeof(s->mark), "%s/replacing", config->releases) >=
	    (int)sizeof(s->mark)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	for (length = strlen(live); length > 1 && live[length - 1] == '/'; length--)
		live[length - 1] = '\0';
	s->config = config;
	s->live = *live != '\0' ? live : NULL;
	s->releases = config->releases;
	return 0;
}

/* The number of the release that a link leads to, by what it leads to and not by how it is written. */
static int32_t
follow(const char *path, const char *releases)
{
	char target[PATH_MAX], release[PATH_MAX];
	struct stat there, expected;
	const char *name;
	int64_t number;
	ssize_t n = readlink(path, target, sizeof(target) - 1);

	if (n == -1)
		return 0;
	target[n] = '\0';
	name = strrchr(target, '/') != NULL ? strrchr(target, '/') + 1 : target;
	if (text_number(name, 1, INT32_MAX, &number) == -1 ||
	    store_path(release, sizeof(release), releases, (int32_t)number) == -1)
		return 0;
	if (stat(path, &there) == -1 || stat(release, &expected) == -1 ||
	    there.st_dev != expected.st_dev || there.st_ino != expected.st_ino)
		return 0;
	return (int32_t)number;
}

/*
 * Which release the two links stand for. Ours moves first, and alone where the other cannot be moved;
 * elsewhere somebody may have moved the other by hand, and then that is wanted.
 */
static int32_t
named(const struct store *s)
{
	int32_t own = follow(s->own, s->releases);
	int32_t number = s->live != NULL ? follow(s->live, s->releases) : 0;
	char parent[PATH_MAX];

	if (number == 0 || own == 0 || number == own)
		return number != 0 ? number : own;
	link_parent(parent, sizeof(parent), s->live);
	return access(parent, W_OK) == 0 ? number : own;
}

int32_t
live_release(const char *live, const char *releases)
{
	struct watch_config config = { .live = live, .releases = releases };
	char path[PATH_MAX];
	struct store s;

	return open_store(&s, &config, path, sizeof(path)) == 0 ? named(&s) : 0;
}

static enum found
look(const struct store *s)
{
	struct stat st;

	if (follow(s->live, s->releases) != 0)
		return FOUND_RELEASE;
	if (stat(s->live, &st) == 0)
		return S_ISDIR(st.st_mode) ? FOUND_DIRECTORY : FOUND_OTHER;
	return FOUND_NOTHING;
}

static int
place_own(const struct store *s, int32_t number)
{
	char target[16];

	snprintf(target, sizeof(target), "%" PRId32, number);
	return link_place(s->own, target, NULL);
}

static int
place_live(const struct store *s, int32_t number)
{
	char release[PATH_MAX], target[PATH_MAX], parent[PATH_MAX];

	link_parent(parent, sizeof(parent), s->live);
	if (store_path(release, sizeof(release), s->releases, number) == -1 ||
	    files_make_directory(parent) == -1 ||
	    link_relative(target, sizeof(target), s->live, release) == -1)
		return -1;
	return link_place(s->live, target, s->mark);
}

static int
place(const struct store *s, int32_t number)
{
	if (follow(s->own, s->releases) != number && place_own(s, number) == -1) {
		log_line(LOG_ERROR, "cannot make %s a link to release %" PRId32 ": %s", s->own, number,
		    strerror(errno));
		return -1;
	}
	if (place_live(s, number) == -1)
		log_line(LOG_WARNING, "cannot make %s a link to release %" PRId32
		    ": %s; it stays as it is, and workers are given the release's own path",
		    s->live, number, strerror(errno));
	return 0;
}

/* Has a directory of these contents become a release before? */
static bool
imported(const struct store *s, const struct survey *survey)
{
	static struct record records[MOST_RECORDS];
	int count = store_list(s->releases, 0, records, MOST_RECORDS), i;

	for (i = 0; i < count; i++)
		if (records[i].result == RECORD_IMPORTED &&
		    records[i].survey.digest == survey->digest)
			return true;
	return false;
}

/* What is recorded is what the copy holds. survey: what the source was seen to hold, 0: not known. */
static int
copy_whole(const struct store *s, const char *to, const struct survey *survey,
    struct record *record)
{
	msec began = clock_now();
	char why[128];

	if (files_copy(s->live, to) == -1)
		return -1;
	if (survey_take(to, &record->survey, why, sizeof(why)) == 0 && survey->digest != 0 &&
	    survey->digest != record->survey.digest) {
		errno = ESTALE;
		return -1;
	}
	record->length = clock_now() - began;
	return 0;
}

static void
forget(const struct store *s, struct record *record)
{
	store_drop(s->releases, record->number);
	record->result = RECORD_FAILED;
	text_copy(record->why, sizeof(record->why), "it could not be copied whole");
	store_write(s->releases, record);
}

static int32_t
copy_in(const struct store *s, const struct survey *survey)
{
	struct record record = {
		.number = store_next(s->releases), .result = RECORD_IMPORTED,
		.time = clock_wall(), .trigger = "import",
	};
	char to[PATH_MAX];

	if (store_file(to, sizeof(to), s->releases, ".", record.number, "") == -1 ||
	    copy_whole(s, to, survey, &record) == -1 || store_seal(s->releases, &record) == -1) {
		log_line(LOG_WARNING, "cannot copy %s into %s: %s; it is served as it is", s->live,
		    s->releases, errno == ESTALE ? "it changed meanwhile" : strerror(errno));
		forget(s, &record);
		return 0;
	}
	log_line(LOG_INFO, "%s became release %" PRId32, s->live, record.number);
	return record.number;
}

/* The release to go on with when the live path does not say: as we noted it, else the newest. */
static int32_t
recall(const struct store *s)
{
	int32_t number = follow(s->own, s->releases);

	return number != 0 ? number : store_newest(s->releases);
}

static int32_t
import_directory(const struct store *s)
{
	struct survey survey = { 0 };
	char why[128], real[PATH_MAX];
	int32_t number;

	/* cut off while it was removed: what is left of it is in a release already */
	if (link_was_cut_off(s->live, s->mark))
		return recall(s);
	/* live may be a link: what it leads to is looked at */
	if (realpath(s->live, real) != NULL &&
	    survey_take(real, &survey, why, sizeof(why)) == 0 && imported(s, &survey) &&
	    (number = recall(s)) != 0)
		return number;
	return copy_in(s, &survey);
}

/* as_it_is: there is no release, but what the command can be run on all the same. */
static int32_t
import(const struct store *s, bool *as_it_is)
{
	int32_t number = 0;

	*as_it_is = false;
	link_tidy(s->own);
	switch (look(s)) {
	case FOUND_RELEASE:
		number = named(s);
		if (follow(s->own, s->releases) != number)
			place_own(s, number);
		link_tidy(s->live);
		unlink(s->mark);
		return number;
	case FOUND_NOTHING:
		number = recall(s);
		break;
	case FOUND_DIRECTORY:
		number = import_directory(s);
		*as_it_is = number == 0;
		break;
	case FOUND_OTHER:
		log_line(LOG_WARNING, "%s is no directory: it is served as it is", s->live);
		*as_it_is = true;
		return 0;
	}
	/* a release is there to be served by its own path, even if no link can be made */
	if (number != 0)
		place(s, number);
	return number;
}

static int
unite(const struct store *s, const char *in_use)
{
	int32_t *staying;
	int result;

	if (s->config->assets == NULL)
		return 0;
	staying = store_staying(s->releases, s->config->keep, in_use);
	result = staying != NULL ? assets_unite(s->releases, s->config->assets, staying) : 0;
	free(staying);
	return result;
}

static int
run_import(const struct store *s)
{
	struct message m = { .type = MESSAGE_IN_USE };
	bool as_it_is = false;
	char in_use[16];

	if (store_prepare(s->releases) == -1) {
		log_line(LOG_WARNING, "cannot make %s: %s; there are no releases", s->releases,
		    strerror(errno));
		as_it_is = s->live != NULL && look(s) == FOUND_DIRECTORY;
	} else if (s->live != NULL) {
		m.release = import(s, &as_it_is);
	}
	m.code = as_it_is;
	if (m.release != 0) {
		snprintf(in_use, sizeof(in_use), "%" PRId32, m.release);
		unite(s, in_use);
	}
	if (wire_send(ROLE_CHANNEL, &m, -1) == -1) {
		log_line(LOG_ERROR, "cannot tell which release is live: %s", strerror(errno));
		return 1;
	}
	return 0;
}

static int
run_publish(const struct store *s, int32_t number)
{
	char release[PATH_MAX];

	if (store_path(release, sizeof(release), s->releases, number) == -1 ||
	    access(release, X_OK) == -1) {
		log_line(LOG_ERROR, "cannot publish release %" PRId32 ": %s", number,
		    strerror(errno));
		return 1;
	}
	if (s->live == NULL)
		return place_own(s, number) == -1;
	return place(s, number) == -1;
}

int
store_run(const struct watch_config *config, const char *verb, int32_t number)
{
	char live[PATH_MAX];
	struct store s;

	fence_store(config);
	if (open_store(&s, config, live, sizeof(live)) == -1) {
		log_line(LOG_ERROR, "cannot use BATON_LIVE or BATON_RELEASES: %s",
		    strerror(errno));
		return 1;
	}
	if (strcmp(verb, "import") == 0)
		return run_import(&s);
	if (strcmp(verb, "publish") == 0)
		return run_publish(&s, number);
	if (strcmp(verb, "unite") == 0)
		return unite(&s, config->in_use != NULL ? config->in_use : "") == -1;
	log_line(LOG_ERROR, "the store knows import, publish and unite, not %s", verb);
	return 1;
}

/* survey.c - is a build's output allowed, and what is in it? */
#include <sys/stat.h>

#include <errno.h>
#include <fts.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "watcher/digest.h"
#include "watcher/survey.h"

struct walk {
	struct survey survey;
	const char *root;
	char *why;
	size_t size;
};

static int
by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static const char *
inside(const struct walk *w, const FTSENT *e)
{
	const char *path = e->fts_path + strlen(w->root);

	return *path == '/' ? path + 1 : path;
}

static int refuse(struct walk *w, const FTSENT *e, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static int
refuse(struct walk *w, const FTSENT *e, const char *format, ...)
{
	char name[128], what[128];
	va_list ap;

	va_start(ap, format);
	vsnprintf(what, sizeof(what), format, ap);
	va_end(ap);
	text_escape(name, sizeof(name), inside(w, e), strlen(inside(w, e)));
	snprintf(w->why, w->size, "its output has %s: %s", what, *name != '\0' ? name : ".");
	return -1;
}

/*
 * A link may climb only at its beginning, and not above the top. Its own directory is a real one,
 * so that lands inside; from there it goes down, through directories and links that are held to the
 * same. "a/../.." is refused whatever it means: a may be a link, and then it climbs from elsewhere.
 */
static bool
leads_out(const char *target, int depth)
{
	bool down = false;
	size_t length;

	if (*target == '/')
		return true;
	for (; *target != '\0'; target += length + (target[length] == '/')) {
		length = strcspn(target, "/");
		if (length == 0 || (length == 1 && *target == '.'))
			continue;
		if (length != 2 || strncmp(target, "..", 2) != 0)
			down = true;
		else if (down || --depth < 0)
			return true;
	}
	return false;
}

static int
note_link(struct walk *w, const FTSENT *e)
{
	char target[PATH_MAX];
	ssize_t n = readlink(e->fts_accpath, target, sizeof(target) - 1);

	if (n == -1)
		return refuse(w, e, "a link that cannot be read");
	target[n] = '\0';
	if (leads_out(target, e->fts_level - 1))
		return refuse(w, e, "a symlink that leads out of it");
	w->survey.digest = digest_text(w->survey.digest, target);
	w->survey.files++;
	return 0;
}

static int
note_file(struct walk *w, const FTSENT *e)
{
	if (digest_file(&w->survey.digest, e->fts_accpath) == -1)
		return refuse(w, e, "a file that cannot be read (%s)", strerror(errno));
	if (__builtin_add_overflow(w->survey.bytes, e->fts_statp->st_size, &w->survey.bytes))
		w->survey.bytes = INT64_MAX;	/* sparse files may sum up to more than there is */
	w->survey.files++;
	return 0;
}

static void
note_name(struct walk *w, const FTSENT *e)
{
	uint32_t mode = e->fts_statp->st_mode & (S_IFMT | 0777);
	int64_t size = S_ISREG(mode) ? e->fts_statp->st_size : 0;

	w->survey.digest = digest_text(w->survey.digest, inside(w, e));
	w->survey.digest = digest_bytes(w->survey.digest, &mode, sizeof(mode));
	w->survey.digest = digest_bytes(w->survey.digest, &size, sizeof(size));
}

/* A directory inherits the set-group-id bit of the one above it, and gives nobody rights by it. */
static bool
gives_rights(mode_t mode)
{
	if (S_ISLNK(mode))
		return false;
	return (mode & S_ISUID) != 0 || ((mode & S_ISGID) != 0 && !S_ISDIR(mode));
}

static int
note(struct walk *w, const FTSENT *e)
{
	if (e->fts_info == FTS_DP)
		return 0;
	if (e->fts_info == FTS_ERR || e->fts_info == FTS_NS || e->fts_info == FTS_DNR)
		return refuse(w, e, "what cannot be read (%s)", strerror(e->fts_errno));
	if (gives_rights(e->fts_statp->st_mode))
		return refuse(w, e, "a set-id bit");
	if (e->fts_level > 0)
		note_name(w, e);
	switch (e->fts_info) {
	case FTS_D:
		return 0;
	case FTS_F:
		return note_file(w, e);
	case FTS_SL:
	case FTS_SLNONE:
		return note_link(w, e);
	default:
		return refuse(w, e, "a device, socket or pipe");
	}
}

int
survey_take(const char *path, struct survey *survey, char *why, size_t size)
{
	char *const paths[] = { (char *)path, NULL };
	struct walk w = { .survey = { .digest = DIGEST_START }, .root = path, .why = why, .size = size };
	FTS *tree = fts_open(paths, FTS_PHYSICAL, by_name);
	int result = 0;
	FTSENT *e;

	if (tree == NULL) {
		snprintf(why, size, "its output cannot be read: %s", strerror(errno));
		return -1;
	}
	while (result == 0 && (errno = 0, e = fts_read(tree)) != NULL)
		result = note(&w, e);
	/* fts(3) ends where paths are too long for it, and nothing below was looked at */
	if (result == 0 && errno != 0) {
		snprintf(why, size, "its output cannot be read to its end: %s", strerror(errno));
		result = -1;
	}
	fts_close(tree);
	if (result == 0)
		*survey = w.survey;
	return result;
}

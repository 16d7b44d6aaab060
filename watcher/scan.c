/* scan.c - look at the watched trees. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/text.h"
#include "watcher/ignores.h"
#include "watcher/leads.h"
#include "watcher/scan.h"
#include "watcher/silence.h"
#include "watcher/walk.h"

static const char *
shown(const struct root *root)
{
	return *root->path != '\0' ? root->path : ".";
}

struct root *
scan_root_of(const struct scan *s, const char *path)
{
	struct root *best = NULL;
	int i;

	for (i = 0; i < s->root_count; i++)
		if (tree_below(path, s->roots[i]->path) &&
		    (best == NULL || strlen(s->roots[i]->path) > strlen(best->path)))
			best = s->roots[i];
	return best;
}

void
scan_is_silent(struct scan *s, struct root *root, const char *why)
{
	if (root->silent || s->everywhere || s->mode != WATCH_MODE_AUTO)
		return;
	root->silent = true;
	log_line(LOG_WARNING, "%s %s: it is looked through again and again", shown(root), why);
}

bool
scan_has_silent(const struct scan *s)
{
	int i;

	for (i = 0; i < s->root_count; i++)
		if (s->roots[i]->silent)
			return true;
	return false;
}

void
scan_tell_unwatched(struct scan *s)
{
	if (s->unwatched > 0 && !s->said_unwatched)
		log_line(LOG_WARNING, "no inotify watches are left for %zu or more of the directories (the host's "
		    "fs.inotify.max_user_watches): all is looked through again and again", s->unwatched);
	if (s->unwatched == 0 && s->said_unwatched)
		log_line(LOG_INFO, "all directories are watched again");
	s->said_unwatched = s->unwatched > 0;
}

/* One that comes again may come on another file system. */
static void
test(struct scan *s, struct root *root)
{
	const char *why;

	if (root->kind == ROOT_MISSING)
		root->tested = root->silent = false;
	if (root->kind == ROOT_MISSING || root->tested)
		return;
	root->tested = true;
	if (s->mode == WATCH_MODE_AUTO && !s->everywhere && (why = silence_of(shown(root))) != NULL)
		scan_is_silent(s, root, why);
}

static void
look_at(struct scan *s, struct root *root)
{
	struct stat st;

	root->looked = true;
	root_resolve(root, s->marks);
	test(s, root);
	s->at = root;
	s->device = stat(shown(root), &st) == 0 ? st.st_dev : 0;
	switch (root->kind) {
	case ROOT_MISSING:
		break;
	case ROOT_FILE:
		walk_look(s, root->path, false);
		break;
	case ROOT_DIRECTORY:
		walk_enter(s, root->path);
		break;
	}
	s->at = NULL;
}

/* A link that leads out becomes a root in the middle of it, wherever there is room. */
static bool
look_at_next(struct scan *s)
{
	int i;

	for (i = 0; i < s->root_count; i++)
		if (!s->roots[i]->looked && (!s->roots[i]->link || s->roots[i]->fresh)) {
			look_at(s, s->roots[i]);
			return true;
		}
	return false;
}

static int64_t
files_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

void
scan_all(struct scan *s, bool by_clock)
{
	s->by_clock = by_clock && s->looked;
	s->before_ns = s->began_ns;
	s->began_ns = files_clock();
	s->unwatched = 0;
	leads_turn(s);
	tree_turn(s->tree);
	if (s->marks != NULL)
		marks_turn(s->marks);
	while (look_at_next(s))
		;
	leads_sweep(s);
	if (s->marks != NULL)
		marks_sweep(s->marks);
	tree_sweep(s->tree, "", walk_tell_gone, s);
	/* a doubt that this look itself has raised (a link) is settled by it */
	s->doubt = s->by_clock = false;
	s->looked = true;
	scan_tell_unwatched(s);
}

/* What lies below it, links that lead out as well, belongs to it. */
static void
look_through(struct scan *s, struct root *silent)
{
	int i, count = s->root_count;

	for (i = 0; i < count; i++)
		if (tree_below(s->roots[i]->path, silent->path))
			look_at(s, s->roots[i]);
	tree_sweep(s->tree, silent->path, walk_tell_gone, s);
}

void
scan_silent(struct scan *s)
{
	int i, count = s->root_count;

	tree_turn(s->tree);
	for (i = 0; i < count; i++)
		if (s->roots[i]->silent)
			look_through(s, s->roots[i]);
}

static void
add_roots(struct scan *s, const char *list)
{
	char *copy, *rest, *word, path[PATH_MAX];

	if (list == NULL)
		return;
	if ((copy = rest = strdup(list)) == NULL)
		abort();
	while ((word = strsep(&rest, ":")) != NULL) {
		if (*word == '\0')
			continue;
		if (root_normalize(path, sizeof(path), word) == -1) {
			log_line(LOG_WARNING, "cannot watch %.100s...: too long", word);
			continue;
		}
		s->roots = reallocarray(s->roots, (size_t)s->root_count + 1, sizeof(struct root *));
		if (s->roots == NULL)
			abort();
		s->roots[s->root_count++] = root_new(path);
	}
	free(copy);
}

static void
open_marks(struct scan *s)
{
	if (s->root_count == 0)
		return;
	if (s->mode != WATCH_MODE_POLL && (s->marks = marks_open()) != NULL)
		return;
	s->everywhere = true;
	if (s->mode != WATCH_MODE_POLL)
		log_line(LOG_WARNING, "inotify cannot be had (fs.inotify.max_user_instances, or not allowed): all is "
		    "looked through again and again");
}

void
scan_init(struct scan *s, const struct watch_config *config, scan_report *report, void *with)
{
	*s = (struct scan){
		.report = report, .with = with, .tree = tree_new(), .mode = config->watch_mode,
		.extensions = config->extensions, .ignores = ignores_new(config->ignore),
	};
	if (s->tree == NULL)
		abort();
	root_normalize(s->releases, sizeof(s->releases), config->releases);
	if (config->live != NULL) {
		root_normalize(s->live, sizeof(s->live), config->live);
		text_copy(s->live_temporary, sizeof(s->live_temporary), s->live);
		text_append(s->live_temporary, sizeof(s->live_temporary), ".baton");
	}
	add_roots(s, config->roots);
	open_marks(s);
}

void
scan_free(struct scan *s)
{
	int i;

	for (i = 0; i < s->root_count; i++)
		root_free(s->roots[i]);
	free(s->roots);
	tree_free(s->tree);
	ignores_free(s->ignores);
	marks_close(s->marks);
}

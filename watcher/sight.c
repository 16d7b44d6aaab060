/* sight.c - when to look at the watched trees, and what inotify has to say. */
#include <sys/inotify.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "watcher/hold.h"
#include "watcher/ignores.h"
#include "watcher/learn.h"
#include "watcher/scan.h"
#include "watcher/sight.h"
#include "watcher/walk.h"

enum {
	EVENT_BYTES = 64 * 1024,
	USUAL_MS = 60 * 1000,	/* between rescans */
	SILENT_MS = 2 * 1000,	/* where inotify cannot see */
	DOUBT_MS = 50,		/* so that doubts come together */
	REST_FACTOR = 20,	/* a rescan takes a twentieth of the time at most */
	LEARN_AFTER_MS = 5000,	/* the service starts first */
	LEARN_MS = 50,		/* between slices of 2 ms */
	MOST_READS = 1024
};

/* One kind of look: at all, or at what is silent. */
struct look {
	msec ended, took;
};

struct sight {
	struct scan scan;
	struct learn learn;
	int mounts;
	msec interval;		/* as configured, 0: as the file system needs it */
	struct look all, silent;
	msec learn_at;
	bool said_slow;
};

static void
end_look(struct look *l, msec began)
{
	l->ended = clock_now();
	l->took = l->ended - began;
}

/* What inotify has told by now is no evidence against it. */
static void
rescan(struct sight *s)
{
	msec began = clock_now();
	bool by_clock = !s->scan.doubt;
	int reads;

	for (reads = 0; reads < MOST_READS && sight_read(s); reads++)
		;
	scan_all(&s->scan, by_clock && !s->scan.doubt);
	end_look(&s->all, began);
	s->silent = s->all;
}

struct sight *
sight_open(const struct watch_config *config, sight_report *report, void *with)
{
	struct sight *s = calloc(1, sizeof(*s));

	if (s == NULL)
		abort();
	s->interval = config->interval;
	s->mounts = config->roots != NULL ? open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC) : -1;
	scan_init(&s->scan, config, report, with);
	rescan(s);
	s->learn_at = s->all.ended + LEARN_AFTER_MS;
	return s;
}

void
sight_close(struct sight *s)
{
	if (s == NULL)
		return;
	fd_close(&s->mounts);
	scan_free(&s->scan);
	free(s);
}

struct tree *
sight_tree(const struct sight *s)
{
	return s->scan.tree;
}

int
sight_descriptor(const struct sight *s)
{
	return s->scan.marks != NULL ? marks_descriptor(s->scan.marks) : -1;
}

int
sight_mounts(const struct sight *s)
{
	return s->mounts;
}

void
sight_doubt(struct sight *s)
{
	s->scan.doubt = true;
}

/* A name in a directory that a root's path leads through. */
static void
handle_part(struct scan *s, const struct inotify_event *e, const char *name)
{
	const uint32_t written = IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB;
	int i;

	for (i = 0; i < s->root_count; i++) {
		if (!root_has_part(s->roots[i], e->wd, name))
			continue;
		if (!(e->mask & written))
			s->doubt = true;
		else if (s->roots[i]->kind == ROOT_FILE)
			walk_look(s, s->roots[i]->path, (e->mask & IN_MODIFY) != 0);
	}
}

static void
handle_directory(struct scan *s, const struct inotify_event *e, const char *path)
{
	if (e->mask & (IN_CREATE | IN_MOVED_TO))
		walk_enter(s, path);
	else if (e->mask & IN_MOVED_FROM)
		walk_leave(s, path);
	else if (e->mask & IN_ATTRIB)
		s->doubt = true;	/* it may be readable now */
	/* one that is deleted was emptied before, and its mark goes by IN_IGNORED */
}

static void
handle_name(struct scan *s, const struct inotify_event *e, const char *directory)
{
	const uint32_t moved = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO;
	bool is_directory = (e->mask & IN_ISDIR) != 0;
	char path[PATH_MAX];

	/* what it says holds from now on; for what is there already a look at all asks again */
	if (ignores_names(s->ignores, e->name)) {
		ignores_read(s->ignores, directory);
		s->doubt = true;
	}
	if (walk_join(path, sizeof(path), directory, e->name) == -1)
		return;
	if (walk_passes_over(s, path, e->name, is_directory ? S_IFDIR : S_IFREG)) {
		if (!is_directory && (e->mask & moved) && walk_leads_on(s, path, e->name))
			s->doubt = true;
		return;
	}
	if (is_directory)
		handle_directory(s, e, path);
	else
		walk_look(s, path, (e->mask & IN_MODIFY) != 0);
}

/* Marks come and go with what is looked at, so the path is copied first. */
static void
handle_mark(struct scan *s, const struct inotify_event *e, const struct mark *mark)
{
	char path[PATH_MAX];

	memcpy(path, mark->path, strlen(mark->path) + 1);
	switch (mark->kind) {
	case MARK_PART:
		if (e->len > 0)
			handle_part(s, e, e->name);
		if (e->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED))
			s->doubt = true;
		break;
	case MARK_FILE:
		if (!(e->mask & IN_IGNORED))
			walk_look(s, path, (e->mask & IN_MODIFY) != 0);
		break;
	case MARK_DIRECTORY:
		if (e->len > 0)
			handle_name(s, e, path);
		break;
	}
}

/* An inode has seldom more than two marks: that many are asked, one by one, as they are then. */
static void
handle(struct scan *s, const struct inotify_event *e)
{
	const struct mark *mark;
	int asked, i;

	if (e->mask & (IN_Q_OVERFLOW | IN_UNMOUNT)) {
		s->doubt = true;
		return;
	}
	for (asked = 0;; asked++) {
		mark = marks_find(s->marks, e->wd);
		for (i = 0; i < asked && mark != NULL; i++)
			mark = marks_next(mark);
		if (mark == NULL)
			break;
		handle_mark(s, e, mark);
	}
	if (e->mask & IN_IGNORED)
		marks_lost(s->marks, e->wd);
}

bool
sight_read(struct sight *s)
{
	static char bytes[EVENT_BYTES] __attribute__((aligned(__alignof__(struct inotify_event))));
	const struct inotify_event *e;
	ssize_t n, at;

	if (s->scan.marks == NULL || (n = read(marks_descriptor(s->scan.marks), bytes, sizeof(bytes))) <= 0)
		return false;
	for (at = 0; at < n; at += (ssize_t)(sizeof(*e) + e->len)) {
		e = (const struct inotify_event *)(const void *)(bytes + at);
		handle(&s->scan, e);
	}
	if (s->scan.unwatched > 0 && !s->scan.said_unwatched)
		scan_tell_unwatched(&s->scan);
	return true;
}

/* From the end of one look to the next, so wanted, but not for more of a processor than a part. */
static msec
due(const struct look *l, msec wanted)
{
	msec least = l->took * REST_FACTOR;

	return l->ended + (wanted > least ? wanted : least);
}

static bool
all_is_silent(const struct sight *s)
{
	return s->scan.everywhere || s->scan.unwatched > 0;
}

static msec
all_at(const struct sight *s)
{
	if (s->scan.doubt)
		return due(&s->all, DOUBT_MS);
	if (s->interval != 0)
		return due(&s->all, s->interval);
	return due(&s->all, all_is_silent(s) ? SILENT_MS : USUAL_MS);
}

static msec
silent_at(const struct sight *s)
{
	if (all_is_silent(s) || !scan_has_silent(&s->scan))
		return CLOCK_NEVER;
	return due(&s->silent, s->interval != 0 ? s->interval : SILENT_MS);
}

static msec
learn_at(const struct sight *s)
{
	return s->learn.done ? CLOCK_NEVER : s->learn_at;
}

msec
sight_deadline(const struct sight *s)
{
	msec at = all_at(s);

	if (s->scan.root_count == 0)
		return CLOCK_NEVER;
	if (silent_at(s) < at)
		at = silent_at(s);
	return learn_at(s) < at ? learn_at(s) : at;
}

/* What looking costs is bounded, and whoever waits for it is told. */
static void
tell_slow(struct sight *s, const struct look *l)
{
	msec wanted = s->interval != 0 ? s->interval : SILENT_MS;
	msec every = due(l, wanted) - l->ended;

	if (s->said_slow || every <= wanted || !(all_is_silent(s) || scan_has_silent(&s->scan)))
		return;
	s->said_slow = true;
	log_line(LOG_INFO, "a look at %zu files takes %lld ms: there is one every %lld ms, so that it costs a "
	    "twentieth of a processor at most", tree_count(s->scan.tree), (long long)l->took, (long long)every);
}

void
sight_time(struct sight *s, msec now)
{
	if (now >= all_at(s)) {
		rescan(s);
		tell_slow(s, &s->all);
	} else if (now >= silent_at(s)) {
		scan_silent(&s->scan);
		end_look(&s->silent, now);
		tell_slow(s, &s->silent);
	} else if (now >= learn_at(s)) {
		learn_more(&s->learn, s->scan.tree);
		s->learn_at = clock_now() + LEARN_MS;
	}
}

bool
sight_held(const struct sight *s, msec stale)
{
	int i;

	for (i = 0; i < s->scan.root_count; i++)
		if (s->scan.roots[i]->real != NULL && hold_for_git(s->scan.roots[i]->real, stale))
			return true;
	return false;
}

void
sight_summary(const struct sight *s, char *to, size_t size)
{
	snprintf(to, size, "%zu files, %zu directories", tree_count(s->scan.tree),
	    s->scan.marks != NULL ? marks_count(s->scan.marks, MARK_DIRECTORY) : 0);
}

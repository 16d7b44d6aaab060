/* sight.c - when to look at the watched trees, and what inotify has to say. */
#include <sys/inotify.h>
#include <sys/stat.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "watcher/scan.h"
#include "watcher/sight.h"

enum {
	EVENT_BYTES = 64 * 1024,
	USUAL_MS = 60 * 1000,	/* between rescans */
	SILENT_MS = 2 * 1000,	/* where inotify cannot see */
	DOUBT_MS = 50,		/* so that doubts come together */
	REST_FACTOR = 20	/* a rescan takes a twentieth of the time at most */
};

struct sight {
	struct scan scan;
	msec interval;		/* as configured, 0: as the file system needs it */
	msec scanned;		/* the end of the last rescan */
	msec took;
};

static void
rescan(struct sight *s)
{
	msec began = clock_now();

	scan_all(&s->scan);
	s->scanned = clock_now();
	s->took = s->scanned - began;
}

struct sight *
sight_open(const struct watch_config *config, sight_report *report, void *with)
{
	struct sight *s = calloc(1, sizeof(*s));

	if (s == NULL)
		abort();
	s->interval = config->interval;
	scan_init(&s->scan, config, report, with);
	rescan(s);
	return s;
}

void
sight_close(struct sight *s)
{
	if (s == NULL)
		return;
	scan_free(&s->scan);
	free(s);
}

int
sight_descriptor(const struct sight *s)
{
	return s->scan.marks != NULL ? marks_descriptor(s->scan.marks) : -1;
}

/* A name in a directory that a root's path leads through. */
static void
handle_part(struct scan *s, const struct inotify_event *e, const char *name)
{
	const uint32_t written = IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB;
	int i;

	for (i = 0; i < s->root_count; i++) {
		if (!root_has_part(&s->roots[i], e->wd, name))
			continue;
		if (!(e->mask & written))
			s->doubt = true;
		else if (s->roots[i].kind == ROOT_FILE)
			scan_look(s, s->roots[i].path);
	}
}

static void
handle_directory(struct scan *s, const struct inotify_event *e, const char *path)
{
	if (e->mask & (IN_CREATE | IN_MOVED_TO))
		scan_enter(s, path);
	else if (e->mask & IN_MOVED_FROM)
		scan_leave(s, path);
	/* one that is deleted was emptied before, and its mark goes by IN_IGNORED */
}

static void
handle_name(struct scan *s, const struct inotify_event *e, const char *directory)
{
	bool is_directory = (e->mask & IN_ISDIR) != 0;
	char path[PATH_MAX];

	if (scan_join(path, sizeof(path), directory, e->name) == -1 ||
	    scan_passes_over(s, path, e->name, is_directory ? S_IFDIR : S_IFREG))
		return;
	if (is_directory)
		handle_directory(s, e, path);
	else
		scan_look(s, path);
}

static void
handle(struct scan *s, const struct inotify_event *e)
{
	const struct mark *mark;

	if (e->mask & (IN_Q_OVERFLOW | IN_UNMOUNT)) {
		s->doubt = true;
		return;
	}
	if ((mark = marks_find(s->marks, e->wd)) == NULL)
		return;
	if (mark->part && e->len > 0)
		handle_part(s, e, e->name);
	if (mark->part && (e->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED)))
		s->doubt = true;
	if (e->len > 0 && mark->path != NULL)
		handle_name(s, e, mark->path);
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
	return true;
}

static msec
interval(const struct sight *s)
{
	msec usual = s->scan.blind ? SILENT_MS : USUAL_MS;
	msec wanted = s->interval != 0 ? s->interval : usual;
	msec least = s->took * REST_FACTOR;

	return wanted > least ? wanted : least;
}

msec
sight_deadline(const struct sight *s)
{
	msec rest = s->took * REST_FACTOR;

	if (s->scan.root_count == 0)
		return CLOCK_NEVER;
	if (s->scan.doubt)
		return s->scanned + (rest > DOUBT_MS ? rest : DOUBT_MS);
	return s->scanned + interval(s);
}

void
sight_time(struct sight *s, msec now)
{
	if (now >= sight_deadline(s))
		rescan(s);
}

void
sight_summary(const struct sight *s, char *to, size_t size)
{
	snprintf(to, size, "%zu files, %zu directories", tree_count(s->scan.tree),
	    s->scan.marks != NULL ? marks_count(s->scan.marks) : 0);
}

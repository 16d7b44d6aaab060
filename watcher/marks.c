/* marks.c - which directories and files inotify watches. */
#include <sys/inotify.h>

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "watcher/marks.h"
#include "watcher/tree.h"

enum { BUCKETS = 4096 };

static const uint32_t part_mask = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO |
    IN_DELETE_SELF | IN_MOVE_SELF;
static const uint32_t file_mask = IN_MODIFY | IN_ATTRIB | IN_CLOSE_WRITE | IN_DELETE_SELF |
    IN_MOVE_SELF;
static const uint32_t content_mask = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO |
    IN_DELETE_SELF | IN_MOVE_SELF | IN_MODIFY | IN_ATTRIB | IN_CLOSE_WRITE;

struct marks {
	int fd;
	size_t count[MARK_PART + 1];
	struct mark *buckets[BUCKETS];
};

struct marks *
marks_open(void)
{
	struct marks *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return NULL;
	m->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (m->fd == -1) {
		free(m);
		return NULL;
	}
	return m;
}

static struct mark **
bucket(const struct marks *m, int wd)
{
	return (struct mark **)&m->buckets[(unsigned)wd % BUCKETS];
}

static void
drop(struct marks *m, struct mark **at)
{
	struct mark *mark = *at;

	*at = mark->next;
	m->count[mark->kind]--;
	free(mark);
}

void
marks_close(struct marks *m)
{
	size_t i;

	if (m == NULL)
		return;
	for (i = 0; i < BUCKETS; i++)
		while (m->buckets[i] != NULL)
			drop(m, &m->buckets[i]);
	fd_close(&m->fd);
	free(m);
}

int
marks_descriptor(const struct marks *m)
{
	return m->fd;
}

size_t
marks_count(const struct marks *m, enum mark_kind kind)
{
	return m->count[kind];
}

static struct mark *
first_of(struct mark *mark, int wd)
{
	while (mark != NULL && mark->wd != wd)
		mark = mark->next;
	return mark;
}

struct mark *
marks_find(const struct marks *m, int wd)
{
	return first_of(*bucket(m, wd), wd);
}

struct mark *
marks_next(const struct mark *mark)
{
	return first_of(mark->next, mark->wd);
}

/* There is this reason, now; remembered once. */
static void
keep(struct marks *m, int wd, enum mark_kind kind, const char *path)
{
	struct mark *mark;
	size_t size = strlen(path) + 1;

	for (mark = marks_find(m, wd); mark != NULL; mark = marks_next(mark))
		if (mark->kind == kind && strcmp(mark->path, path) == 0) {
			mark->fresh = true;
			return;
		}
	if ((mark = malloc(sizeof(*mark) + size)) == NULL)
		abort();
	*mark = (struct mark){ .next = *bucket(m, wd), .wd = wd, .kind = kind, .fresh = true };
	memcpy(mark->path, path, size);
	*bucket(m, wd) = mark;
	m->count[kind]++;
}

int
marks_add(struct marks *m, const char *path)
{
	int wd = inotify_add_watch(m->fd, *path != '\0' ? path : ".",
	    content_mask | IN_ONLYDIR | IN_EXCL_UNLINK);

	if (wd == -1)
		return -1;
	keep(m, wd, MARK_DIRECTORY, path);
	return 0;
}

int
marks_add_file(struct marks *m, const char *path)
{
	int wd = inotify_add_watch(m->fd, path, file_mask);

	if (wd == -1)
		return -1;
	keep(m, wd, MARK_FILE, path);
	return 0;
}

int
marks_add_part(struct marks *m, const char *path, bool files)
{
	/* the mask of one that is there for its contents too must not shrink */
	int wd = inotify_add_watch(m->fd, path,
	    (files ? content_mask : part_mask) | IN_ONLYDIR | IN_MASK_ADD);

	if (wd == -1)
		return -1;
	keep(m, wd, MARK_PART, "");
	return wd;
}

/* The kernel's goes with the last reason for it. */
static void
release(struct marks *m, struct mark **at)
{
	int wd = (*at)->wd;

	drop(m, at);
	if (marks_find(m, wd) == NULL)
		inotify_rm_watch(m->fd, wd);
}

void
marks_turn(struct marks *m)
{
	struct mark *mark;
	size_t i;

	for (i = 0; i < BUCKETS; i++)
		for (mark = m->buckets[i]; mark != NULL; mark = mark->next)
			mark->fresh = false;
}

void
marks_sweep(struct marks *m)
{
	struct mark **at;
	size_t i;

	for (i = 0; i < BUCKETS; i++)
		for (at = &m->buckets[i]; *at != NULL;) {
			if ((*at)->fresh)
				at = &(*at)->next;
			else
				release(m, at);
		}
}

void
marks_lost(struct marks *m, int wd)
{
	struct mark **at;

	for (at = bucket(m, wd); *at != NULL;) {
		if ((*at)->wd == wd)
			drop(m, at);
		else
			at = &(*at)->next;
	}
}

void
marks_forget(struct marks *m, const char *path)
{
	struct mark **at;
	size_t i;

	for (i = 0; i < BUCKETS; i++)
		for (at = &m->buckets[i]; *at != NULL;) {
			struct mark *mark = *at;

			if (mark->kind == MARK_PART || !tree_below(mark->path, path))
				at = &mark->next;
			else
				release(m, at);
		}
}

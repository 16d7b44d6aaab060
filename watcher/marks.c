/* marks.c - which directories inotify watches. */
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
static const uint32_t content_mask = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO |
    IN_DELETE_SELF | IN_MOVE_SELF | IN_MODIFY | IN_ATTRIB | IN_CLOSE_WRITE;

struct marks {
	int fd;
	size_t count;
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
	free(mark->path);
	free(mark);
	m->count--;
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
marks_count(const struct marks *m)
{
	return m->count;
}

struct mark *
marks_find(const struct marks *m, int wd)
{
	struct mark *mark;

	for (mark = *bucket(m, wd); mark != NULL; mark = mark->next)
		if (mark->wd == wd)
			return mark;
	return NULL;
}

static struct mark *
find_or_make(struct marks *m, int wd)
{
	struct mark *mark = marks_find(m, wd);

	if (mark != NULL)
		return mark;
	if ((mark = calloc(1, sizeof(*mark))) == NULL)
		abort();
	mark->wd = wd;
	mark->next = *bucket(m, wd);
	*bucket(m, wd) = mark;
	m->count++;
	return mark;
}

int
marks_add(struct marks *m, const char *path)
{
	int wd = inotify_add_watch(m->fd, *path != '\0' ? path : ".",
	    content_mask | IN_ONLYDIR | IN_EXCL_UNLINK);
	struct mark *mark;

	if (wd == -1)
		return -1;
	mark = find_or_make(m, wd);
	if (mark->path != NULL && strcmp(mark->path, path) == 0)
		return 0;
	free(mark->path);
	if ((mark->path = strdup(path)) == NULL)
		abort();
	return 0;
}

int
marks_add_part(struct marks *m, const char *path, bool files)
{
	/* the mask of one that is there for its contents too must not shrink */
	int wd = inotify_add_watch(m->fd, path,
	    (files ? content_mask : part_mask) | IN_ONLYDIR | IN_MASK_ADD);
	struct mark *mark;

	if (wd == -1)
		return -1;
	mark = find_or_make(m, wd);
	mark->part = mark->fresh = true;
	return wd;
}

static void
release(struct marks *m, struct mark **at)
{
	inotify_rm_watch(m->fd, (*at)->wd);
	drop(m, at);
}

void
marks_settle_parts(struct marks *m)
{
	struct mark **at;
	size_t i;

	for (i = 0; i < BUCKETS; i++)
		for (at = &m->buckets[i]; *at != NULL;) {
			(*at)->part = (*at)->fresh;
			(*at)->fresh = false;
			if ((*at)->part || (*at)->path != NULL)
				at = &(*at)->next;
			else
				release(m, at);
		}
}

void
marks_lost(struct marks *m, int wd)
{
	struct mark **at;

	for (at = bucket(m, wd); *at != NULL; at = &(*at)->next)
		if ((*at)->wd == wd) {
			drop(m, at);
			return;
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

			if (mark->path == NULL || !tree_below(mark->path, path)) {
				at = &mark->next;
			} else if (mark->part) {
				free(mark->path);
				mark->path = NULL;
				at = &mark->next;
			} else {
				release(m, at);
			}
		}
}

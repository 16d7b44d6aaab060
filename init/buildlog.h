/*
 * buildlog.h - a build's log as a client reads it, by a descriptor that the watcher opened, while the
 * build may still write it.
 */
#ifndef INIT_BUILDLOG_H
#define INIT_BUILDLOG_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

enum { BUILDLOG_LINE = 1024 };

struct buildlog {
	int fd;			/* -1: none */
	off_t at;
	size_t used;
	char line[BUILDLOG_LINE], last[BUILDLOG_LINE];	/* the one that grows, the last whole one */
};

void buildlog_init(struct buildlog *b);

/* Take over fd; what was read before is closed. */
void buildlog_open(struct buildlog *b, int fd);

/* Take what was written since. With print each whole line goes to the standard output. */
void buildlog_read(struct buildlog *b, bool print);

/* Take all, also a line without an end, and close. Harmless without one. */
void buildlog_close(struct buildlog *b, bool print);

#endif

/*
 * survey.h - walk through a build's output before it is published: is it allowed, what is in it?
 */
#ifndef WATCHER_SURVEY_H
#define WATCHER_SURVEY_H

#include <stddef.h>
#include <stdint.h>

struct survey {
	int64_t bytes;
	int64_t files;
	uint64_t digest;	/* of all names, modes, contents: equal means unchanged */
};

/*
 * Look at everything below path. Refused are symlinks that lead out of it, devices, sockets, named
 * pipes, set-id bits, and what cannot be read. 0, or -1 and why says what and where.
 */
int survey_take(const char *path, struct survey *survey, char *why, size_t size);

#endif

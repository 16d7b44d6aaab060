/*
 * pattern.h - one line as in gitignore(5): what does it say of a path? PURE: nothing is kept.
 */
#ifndef WATCHER_PATTERN_H
#define WATCHER_PATTERN_H

#include <stdbool.h>

struct pattern {
	const char *from, *end;	/* borrowed; without what the four below stand for */
	long plain;		/* so many bytes of it have no other meaning */
	bool again;		/* `!`: what matches is not ignored */
	bool directories;	/* `/` at the end: it matches nothing else */
	bool whole;		/* another `/`: it is for the path, not for its last name */
};

/* Read from..end, without its line's end. False when it says nothing: a comment, an empty line. */
bool pattern_parse(struct pattern *p, const char *from, const char *end);

/* path is relative to where the line stands, without "./" in front. */
bool pattern_matches(const struct pattern *p, const char *path, bool directory);

#endif

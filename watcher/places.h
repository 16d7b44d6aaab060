/*
 * places.h - where a build may write, as paths: for calls that Landlock has no right for.
 *
 * Landlock knows directories and no paths; here a file is asked for the path it has now. A build
 * cannot bring a file of another place into one of its own: renaming and linking are Landlock's.
 */
#ifndef WATCHER_PLACES_H
#define WATCHER_PLACES_H

#include <stdbool.h>
#include <stddef.h>

struct rules;

struct places {
	char **at;		/* whole paths without links */
	size_t count;
};

/* All that the rules let change and that is there. Ends the process when out of memory. */
void places_take(struct places *p, const struct rules *rules);

void places_free(struct places *p);

/* Does an open file (O_PATH will do) lie in one, or has it no name at all? */
bool places_hold(const struct places *p, int fd);

#endif

/*
 * answers.h - the system calls of a build that wait for its builder: those that change modes and times
 * (modes.h), and with BATON_SANDBOX=learn all of them, to be written down.
 */
#ifndef WATCHER_ANSWERS_H
#define WATCHER_ANSWERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "watcher/config.h"
#include "watcher/places.h"

enum { ANSWERS_CALLS = 512 };	/* more than any machine has */

struct screen;

struct answers {
	int notify;		/* where they come, -1: none does */
	struct places places;	/* where modes may be changed */
	uint64_t seen[ANSWERS_CALLS / 64];
};

/* What a build's filter answers, from the mode; `modes`: its chmod and the like wait for us. */
void answers_screen(struct screen *s, enum sandbox_mode mode, bool modes);

/* Is there anything in it, beside what every build is refused? */
bool answers_wanted(enum sandbox_mode mode, bool modes);

/* Answer what waits, a bounded number of calls. */
void answers_give(struct answers *a);

/* For the end of a build that was learnt from: one sentence. */
void answers_say(const struct answers *a, char *to, size_t size);

/* All calls that were seen, one a line, with '-' in front if strict has them not; to a descriptor. */
int answers_write(const struct answers *a, int fd);

#endif

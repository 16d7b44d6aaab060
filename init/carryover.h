/*
 * carryover.h - a struct as text that another version of baton can read.
 *
 * One line a value, "services.0.service.turn 3". A table says which fields there are, where and of
 * what kind; the writer and the reader walk the same one. A name that the reader does not know is
 * passed over, a field that is not named stays as it was: so versions may differ. The first line has
 * the format and the version that wrote, the last one a sum over all before it. Nothing allocates.
 */
#ifndef INIT_CARRYOVER_H
#define INIT_CARRYOVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Raised when a reader would get it wrong by names alone; a newer one is refused, and an older one. */
#ifndef CARRYOVER_FORMAT
#define CARRYOVER_FORMAT 1
#endif

enum { CARRYOVER_WHY = 104, CARRYOVER_VERSION = 20 };

enum carried_kind {
	CARRIED_NUMBER,			/* signed, or a bool or an enum: `most` may bound it */
	CARRIED_COUNT,			/* unsigned */
	CARRIED_DESCRIPTOR,		/* int; -1, or a number that stays the same */
	CARRIED_TEXT,			/* char[], ends with a NUL */
	CARRIED_BYTES,
	CARRIED_STRUCT,
	CARRIED_NOT			/* known, and on purpose not carried */
};

struct carried_struct;

struct carried {
	const char *name;
	enum carried_kind kind;
	size_t offset, size;		/* of the first of them, and of each */
	int count;			/* 1, or so many in an array */
	int64_t most;			/* a number goes from -1 to this; 0: whatever fits */
	const struct carried_struct *inner;
};

struct carried_struct {
	const struct carried *rows;
	int count;
	size_t size;
	bool keyed;			/* one whose first field is not set is not there at all */
};

/* Write to fd, which is a memfd or a file. 0, or -1 with errno. */
int carryover_write(int fd, const struct carried_struct *what, const void *from,
    const char *version);

/*
 * Read what carryover_write() wrote. `to` has the defaults of this version. 0 and who wrote it, or -1
 * and why, with `to` in pieces.
 */
int carryover_read(const char *text, size_t size, const struct carried_struct *what, void *to,
    char version[static CARRYOVER_VERSION], char why[static CARRYOVER_WHY]);

/* Call for each descriptor that is there and is not 0, 1 or 2, until it says -1: then that is said. */
int carryover_descriptors(const struct carried_struct *what, void *of,
    int (*call)(int *fd, void *with), void *with);

#endif

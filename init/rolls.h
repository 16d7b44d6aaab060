/*
 * rolls.h - the lists of connections that a client of the status was given, and how they are shown.
 */
#ifndef INIT_ROLLS_H
#define INIT_ROLLS_H

#include <stdbool.h>
#include <stdint.h>

struct roll;

enum { ROLLS_MOST = 64 };

struct rolls {
	int count;
	struct one_roll {
		int service;		/* index */
		uint32_t serial;
		struct roll *roll;	/* owned */
	} list[ROLLS_MOST];
};

/* Read the one behind fd, sorted for people; the caller still owns fd. What cannot be read is left out. */
void rolls_take(struct rolls *r, int service, uint32_t serial, int fd);

void rolls_free(struct rolls *r);

/* NULL when there is none. */
const struct roll *rolls_find(const struct rolls *r, int service, uint32_t serial);

/* A table of at most so many rows, 0 for all. */
void rolls_print(const struct roll *roll, uint32_t most);

/* Members of a JSON object, the last one the list of all. */
void rolls_print_json(const struct roll *roll);

#endif

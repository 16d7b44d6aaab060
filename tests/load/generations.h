/*
 * generations.h - which generation answered, and whether the order was kept: once an answer of
 * generation N has been received completely, no connection opened after that may be answered by an
 * older one, and on one connection the number never goes down.
 */
#ifndef LOAD_GENERATIONS_H
#define LOAD_GENERATIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { GENERATIONS_MAX = 4096 };

struct generations {
	uint64_t newest; /* of all complete answers so far */
	size_t count;
	struct generation_count {
		uint64_t number, answers;
	} seen[GENERATIONS_MAX]; /* in the order of their first answer */
	uint64_t unlisted;       /* answers of generations beyond the table */
};

/* Count a complete answer of generation `number`. */
void generations_add(struct generations *g, uint64_t number);

#endif

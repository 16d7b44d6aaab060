/*
 * shelf.h - baton releases, baton logs: what is kept in the releases directory, for people.
 */
#ifndef INIT_SHELF_H
#define INIT_SHELF_H

#include <stdbool.h>
#include <stdint.h>

struct options;

/* Both return the exit status. */
int shelf_releases(const struct options *o, bool json);

/* What build `number` said, 0 for the last one. */
int shelf_log(const struct options *o, int32_t number);

#endif

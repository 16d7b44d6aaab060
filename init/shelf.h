/*
 * shelf.h - baton releases, baton logs: what is kept in the releases directory, for people.
 */
#ifndef INIT_SHELF_H
#define INIT_SHELF_H

#include <stdbool.h>
#include <stdint.h>

struct options;

/* Returns the exit status. */
int shelf_releases(const struct options *o, bool json);

/*
 * Is there a release `number` to go back to? If not, that is said, with those that there are. Where
 * none can be seen, as with another BATON_RELEASES than the running baton's, it is taken for there.
 */
bool shelf_has(const struct options *o, int32_t number);

/* What build `number` said, 0 for the last one. Returns the exit status. */
int shelf_log(const struct options *o, int32_t number);

#endif

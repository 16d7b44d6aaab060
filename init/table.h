/*
 * table.h - the table of variables: all that is known of each, in one place.
 */
#ifndef INIT_TABLE_H
#define INIT_TABLE_H

#include "init/option.h"

/* The table: rows that follow one another are of one group. */
extern const struct option option_rows[];
extern const int option_count;

/* The row with this name, with or without BATON_, in any case; NULL if there is none. */
const struct option *option_find(const char *name);

/* The row with the name most like this one, or NULL when none is like it. */
const struct option *option_nearest(const char *name);

/* "Workers", the heading of a group. */
const char *option_group_title(enum option_group group);

#endif

/*
 * protection.h - what holds a build here: for `baton doctor`, tried in a child that is fenced in.
 */
#ifndef INIT_PROTECTION_H
#define INIT_PROTECTION_H

#include <stdio.h>

struct options;

/*
 * A line each: "held", "missing" or "off", what it is, and by what it is held, or why it is not. What
 * can be tried without harm is; the rest goes by what the kernel says that it has.
 */
void protection_describe(FILE *to, const struct options *o);

#endif

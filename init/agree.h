/*
 * agree.h - do values that are right by themselves go together?
 */
#ifndef INIT_AGREE_H
#define INIT_AGREE_H

#include "init/options.h"

/*
 * Report each pair that does not, in one sentence that begins with `where`. Returns how many.
 */
int agree(const struct options *o, const char *where, options_report *report);

#endif

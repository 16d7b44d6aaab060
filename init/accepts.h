/*
 * accepts.h - what a row of the table accepts, in words.
 */
#ifndef INIT_ACCEPTS_H
#define INIT_ACCEPTS_H

#include "init/option.h"

enum { OPTION_ACCEPTS = 224 };

/* What the row accepts, as the end of a sentence; `to` has OPTION_ACCEPTS bytes. */
void option_accepts(const struct option *row, char *to);

/* The default as people should read it. */
const char *option_default(const struct option *row);

#endif

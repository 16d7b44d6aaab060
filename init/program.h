/*
 * program.h - where a command's program is.
 */
#ifndef INIT_PROGRAM_H
#define INIT_PROGRAM_H

#include <limits.h>
#include <stdbool.h>

/* As execvp(3) looks for it, with this process's PATH. False when it is nowhere; path may change. */
bool program_find(const char *name, char path[static PATH_MAX]);

#endif

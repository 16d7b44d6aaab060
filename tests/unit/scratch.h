/* scratch.h - a directory for one test: made, entered, and removed at the end. */
#ifndef TESTS_UNIT_SCRATCH_H
#define TESTS_UNIT_SCRATCH_H

#include <stdbool.h>

/* For .init and .fini of a test. */
void scratch_enter(void);
void scratch_leave(void);

/* A file of these contents; directories on its way are made. */
void scratch_write(const char *path, const char *text);

bool scratch_exists(const char *path);
bool scratch_holds(const char *path, const char *text);

#endif

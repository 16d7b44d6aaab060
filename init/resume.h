/*
 * resume.h - the second way into PID 1: executed by the one before, which was PID 1 until then.
 */
#ifndef INIT_RESUME_H
#define INIT_RESUME_H

struct takeover;

/*
 * Rehearse, or go on where the one before was; what cannot come up executes the one before again.
 * Returns the exit status.
 */
int resume(const struct takeover *t, char *const command[], char *const arguments[]);

#endif

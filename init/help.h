/*
 * help.h - baton help and baton version: for the person with a Dockerfile in the other window.
 */
#ifndef INIT_HELP_H
#define INIT_HELP_H

/*
 * "help": the overview; "help VARIABLE": one variable; "help --man": the man page in roff;
 * "help --markdown": the manual's tables. Returns the exit status.
 */
int help_run(int argc, char *const argv[]);

/* "version [--json]". */
int version_run(int argc, char *const argv[]);

#endif

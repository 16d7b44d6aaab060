/*
 * check.h - baton check: the configuration in effect, or all that is wrong with it.
 */
#ifndef INIT_CHECK_H
#define INIT_CHECK_H

/* argv[0] is "check". Returns the exit status: 0, EXIT_CONFIGURATION or EXIT_USAGE. */
int check_run(int argc, char *const argv[]);

#endif

/*
 * boot.h - from exec to the first event: the only part of PID 1 that may fail and end.
 */
#ifndef INIT_BOOT_H
#define INIT_BOOT_H

#include "init/options.h"

struct init;

/* Run command as init. arguments: of main(), all. Returns the exit status of baton. */
int boot(char *const command[], char *const arguments[]);

/* --- what the second way in, resume.c, shares with it --- */

/* Read the configuration and begin a state with it; NULL after all that is wrong was reported. */
struct init *boot_begin(char *const command[], options_report *report);

/* How many sockets there are is a fact, whatever would be made of the configuration now. */
void boot_facts(struct init *init);

/* Serve until the end. Returns the exit status. */
int boot_serve(struct init *init);

#endif

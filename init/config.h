/*
 * config.h - which services there are: the one of the command line, or those of BATON_CONFIG.
 *
 * BATON_CONFIG is INI text: a section [service NAME] for each, with the variables as keys (in lower
 * case, without BATON_), `command` and `critical`. What a section leaves out comes from the plain
 * variables. inih takes each line apart; here lines are counted, and nothing is cut in silence.
 */
#ifndef INIT_CONFIG_H
#define INIT_CONFIG_H

#include <stdbool.h>

#include "init/options.h"

enum { SERVICES = 16, SERVICE_NAME = 32 };

struct service_config {
	char name[SERVICE_NAME];
	struct options options;
	char *const *command;		/* ends with NULL; NULL when there is none */
	bool critical;			/* baton ends when it does */
};

struct config {
	int count;
	struct service_config services[SERVICES];
	struct options plain;		/* the variables outside of any section */
};

/*
 * Read an environment and the command line (command: NULL or empty for none). Without BATON_CONFIG
 * there is one critical service, named after its program. All errors are reported at once; returns
 * how many there were, and the configuration is complete only when it is 0. Allocates for a
 * BATON_CONFIG, for good; keeps pointers into environment and command.
 */
int config_read(struct config *c, char *const environment[], char *const command[],
    options_report *report);

#endif

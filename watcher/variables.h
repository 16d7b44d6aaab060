/*
 * variables.h - the environment that a build sees: names that are allowed, and nothing else.
 */
#ifndef WATCHER_VARIABLES_H
#define WATCHER_VARIABLES_H

#include <stdbool.h>

#include "watcher/config.h"

/* What is set besides. home NULL: as it is; foreign: the project is another user's than the build. */
struct build_variables {
	const char *out, *changed, *trigger, *temporary, *home;
	bool foreign;
};

/*
 * A new environment, ended by NULL. With SANDBOX_OFF all but BATON_ variables pass. Ends the process
 * when out of memory.
 */
char **variables_new(const struct sandbox_config *config, const struct build_variables *set,
    char *const environment[]);

#endif

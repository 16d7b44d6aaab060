/*
 * command.h - the commands of the command line, as help and the manual list them.
 */
#ifndef INIT_COMMAND_H
#define INIT_COMMAND_H

#include <stdbool.h>

struct command {
	const char *name;
	const char *arguments;
	bool client;		/* talks to the running baton */
	const char *help;
};

/* Ends with a row without a name. */
extern const struct command commands[];

struct exit_code {
	int code;
	const char *meaning;
};

enum {
	EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 64, EXIT_NO_INIT = 69, EXIT_BUSY = 75,
	EXIT_CONFIGURATION = 78
};

/* Ends with a row without a meaning. */
extern const struct exit_code exit_codes[];

#endif

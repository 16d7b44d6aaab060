/* command.c - the commands of the command line, as help and the manual list them. */
#include <stddef.h>

#include "init/command.h"

const struct command commands[] = {
	{ "status", "[--json | --watch] [--connections]", true,
	  "what serves, and what is under way; with every connection of who drains" },
	{ "reload", "[SERVICE] [--drained | --no-wait] [--now]", true,
	  "hand over to a new generation of the same release" },
	{ "build", "[SERVICE] [--drained | --no-wait] [--now]", true,
	  "build a release and hand over to it" },
	{ "rollback", "[SERVICE] [N] [--drained | --no-wait] [--now]", true,
	  "hand over to release N, or to the last good one before; take a canary back" },
	{ "promote", "[SERVICE] [--drained | --no-wait]", true,
	  "end the canary: the new generation serves all" },
	{ "upgrade", "[PATH]", true,
	  "go on as another version of baton: the binary at PATH, or where this one was" },
	{ "releases", "[SERVICE] [--json]", true, "the releases that are kept" },
	{ "logs", "build [SERVICE] [N]", true,
	  "what a build wrote: the newest one, or build N; --follow goes on to its end" },
	{ "ready", "[SERVICE]", true,
	  "exit 0 when a generation of it, or of every critical service, serves: for a "
	  "readiness probe" },
	{ "live", "", true, "exit 0 when baton answers: for a liveness probe" },
	{ "check", "[--json] [-- COMMAND...]", false,
	  "the configuration in effect, or what is wrong with it" },
	{ "doctor", "[--json]", false, "what this container's runtime allows, tried out" },
	{ "help", "[VARIABLE]", false, "this text, or all about one variable" },
	{ "version", "[--json]", false, "which baton this is" },
	{ NULL, NULL, false, NULL },
};

const struct exit_code exit_codes[] = {
	{ EXIT_DONE, "done" },
	{ EXIT_FAILED, "failed" },
	{ EXIT_USAGE, "the command line is wrong" },
	{ EXIT_NO_INIT, "no baton answers" },
	{ EXIT_BUSY, "busy: another request is under way" },
	{ EXIT_CONFIGURATION, "the configuration is wrong" },
	{ 0, NULL },
};

/*
 * option.h - one row of the table of variables, and what each kind of value accepts.
 */
#ifndef INIT_OPTION_H
#define INIT_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct options;

enum option_group {
	GROUP_WORKERS, GROUP_HANDOFF, GROUP_SIGNALS, GROUP_END, GROUP_WATCH, GROUP_SANDBOX,
	GROUP_TALK, GROUP_SERVICES, GROUPS
};

enum option_kind {
	KIND_TEXT,		/* const char * */
	KIND_PATH,		/* const char * */
	KIND_PATHS,		/* const char *, ':' between */
	KIND_ASSETS,		/* const char *, see watcher/assets.h */
	KIND_NAMES,		/* const char *, names of variables, ',' between */
	KIND_COUNT,		/* int */
	KIND_CPUS,		/* int, or the word cpus */
	KIND_PROCESSORS,		/* int, in hundredths of a processor */
	KIND_CHOICE,		/* int, the index in choices */
	KIND_SWITCH,		/* int, on or off */
	KIND_DURATION,		/* msec */
	KIND_SIZE,		/* int64_t */
	KIND_SIGNAL,		/* int */
	KIND_SIGNALS,		/* signals, signals_given */
	KIND_CAPABILITIES,	/* capabilities, capability_bits */
	KIND_CODES,		/* exit_ok */
	KIND_LISTEN,		/* listens, listen */
	KIND_READY,		/* ready, ready_path, ready_command, ready_delay */
	KIND_CANARY,		/* canary */
	KIND_DELAYS,		/* restart_delay, restart_delay_most */
	KIND_RATE,		/* restart_limit, restart_window */
	KINDS
};

struct option {
	const char *name;		/* without BATON_ */
	enum option_group group;
	enum option_kind kind;
	size_t offset;			/* of the first field in struct options */
	const char *value;		/* the default, as one would write it; NULL for none */
	const char *otherwise;		/* what to show where there is no default */
	int64_t least, most;		/* of a number, a duration, a size; bytes of a text */
	const char *word;		/* a word that stands for 0 */
	const char *const *choices;	/* ends with NULL */
	const char *needs;		/* without this variable it has no effect */
	bool whole;			/* of baton, not of a service: no key of a section */
	const char *help;		/* one sentence */
	const char *example;
};

/* Read text into its field. 0, or -1 with the options untouched. */
int option_parse(const struct option *row, const char *text, struct options *o);

/* What of a refused text is wrong, where that can be said better than by the kind. 0, or -1. */
int option_explain(const struct option *row, const char *text, char *why, size_t size);

/* "on" and "off", and what else people write for them. */
int option_switch(const char *text, int *value);

#endif

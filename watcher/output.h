/*
 * output.h - what a build says: line by line to the log and to N.log, its end kept for who asks.
 *
 * Control bytes are escaped, so that no build can write to somebody's terminal. N.log is bounded;
 * what comes after that is dropped, but for the last lines.
 */
#ifndef WATCHER_OUTPUT_H
#define WATCHER_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { OUTPUT_LINE = 512, OUTPUT_TAIL = 2048 };

struct output {
	int pipe;		/* our end, -1: closed */
	int file;		/* N.log, -1: it could not be made */
	int32_t number;
	int64_t room;		/* what may still be written to the file */
	bool cut;
	size_t used, kept;
	char line[OUTPUT_LINE];
	char tail[OUTPUT_TAIL];
};

/* Returns the end that the build writes to, the caller's to close; or -1 with errno. */
int output_open(struct output *o, const char *releases, int32_t number);

/*
 * To read what build `number` wrote, also while it runs: then, with `begin`, also before it has
 * written anything. The caller's to close; -1 with errno.
 */
int output_reader(const char *releases, int32_t number, bool begin);

/* Take what is there. 1: go on, 0: nobody writes any more. */
int output_read(struct output *o);

/* One more line, of ours. */
void output_say(struct output *o, const char *line);

/* A sealed memfd with the last lines, the caller's to close; or -1. */
int output_tail(const struct output *o);

/* Take what is left, without waiting, and close. Harmless if it is closed. */
void output_close(struct output *o);

#endif

/*
 * log.h - what a process says, one line an event, on stderr.
 *
 * Never blocks and never allocates: a line that stderr does not take at once is dropped, and the
 * next one that is taken says how many were. The workers' stderr is left as it is: the log writes
 * through a description of its own (/proc/self/fd/2 opened again), or with MSG_DONTWAIT on a
 * socket, or where neither can be had only when poll(2) says that there is room.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

/* Call once at start; before it, lines go to stderr as text. */
void log_open(enum log_level most, bool json);

/*
 * Of several services: which one the lines to come are about, NULL for none. Borrowed. Text:
 * "baton: web: ..."; JSON: "service".
 */
void log_about(const char *service);

/* In a forked child that closed our description of stderr: find a way again. */
void log_forget(void);

/* One event. keeps errno. Text: "baton: ..."; JSON: {"time","level","message"}. */
void log_line(enum log_level level, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Bytes of somebody else's (a worker's stderr): how many were taken, or -1 with EAGAIN. */
ssize_t log_bytes(const char *bytes, size_t size);

/* What log_bytes() waits for: the descriptor to poll for POLLOUT. */
int log_descriptor(void);

/* For one-shot roles only: log an error and _exit(status). Never in PID 1 after boot. */
_Noreturn void log_die(int status, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif

/*
 * report.h - what PID 1 says about what happens: to the log, and to the clients who wait.
 *
 * The core is silent: its state before and after a step is compared here.
 */
#ifndef INIT_REPORT_H
#define INIT_REPORT_H

#include <stdint.h>

#include "init/state.h"

struct init;

/* After a step: say what has changed since `before`. */
void report_step(struct init *init, struct served *sv, const struct service *before);

/*
 * A keeper gave up, or was stopped before its generation was ready; lines is a descriptor of what
 * its workers wrote last, or -1, not taken over; not_run: the program itself could not be run.
 */
void report_failure(struct init *init, struct served *sv, uint32_t serial, const char *why,
    bool not_run, int lines);

/* The probe of a candidate had no success so far. */
/* In its canary it did what it should not: said when it is taken out. */
void report_canary_failed(struct init *init, struct served *sv, uint32_t serial, const char *why);

void report_probe(struct init *init, struct served *sv, uint32_t serial, const char *why);

/* Its workers have more memory than BATON_MEMORY. */
void report_heavy(struct init *init, struct served *sv, uint32_t serial, int64_t bytes);

void report_keeper_died(struct init *init, struct served *sv, uint32_t serial, int status);

/* The last of a generation was reaped. */
void report_gone(struct init *init, struct served *sv, const struct keeper_record *k);

void report_build_began(struct init *init, struct served *sv, int32_t number, const char *trigger);
void report_build(struct init *init, struct served *sv, int32_t number, enum build_result result, msec took,
    const char *why);

#endif

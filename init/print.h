/*
 * print.h - what the one-shot commands write to people and programs.
 */
#ifndef INIT_PRINT_H
#define INIT_PRINT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/clock.h"

/* Colours: only on a terminal, and not where NO_COLOR is set or TERM is dumb. */
bool print_colours(FILE *to);

/* Columns of the terminal; 80 where there is none, never below 40 or above 100. */
int print_width(FILE *to);

/*
 * Write words from column `at` on, each further line indented to `indent`, within width; ends with
 * a new line.
 */
void print_wrapped(FILE *to, const char *words, int at, int indent, int width);

/* A JSON string with its quotes; null for NULL. */
void print_json(FILE *to, const char *text);

/* Bytes that are no text (terminal controls, broken UTF-8) are escaped. */
void print_safe(FILE *to, const char *text);

/* "812", "64.2k", "1.5G": bytes, four or five letters of them. */
void print_bytes(char *to, size_t size, int64_t bytes);

/* "812ms", "2.1s", "3m 12s", "2h 5m", "4d 3h": a span as people say it. */
void print_span(char *to, size_t size, msec span);

/* "10 %", "0.5 %": thousandths. */
void print_share(char *to, size_t size, int share);

/* "unknown argument 'X'" and where help is, on stderr. Returns EXIT_USAGE. */
int print_usage_error(const char *command, const char *argument);

#endif

/* report.h - what a run says: a line a second, a table for a person, or JSON for a program. */
#ifndef LOAD_REPORT_H
#define LOAD_REPORT_H

#include <stdio.h>

struct run;

void report_progress(FILE *out, const struct run *r);
void report_table(FILE *out, const struct run *r);
void report_json(FILE *out, const struct run *r);

#endif

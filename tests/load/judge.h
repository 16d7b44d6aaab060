/* judge.h - what a complete response is worth. */
#ifndef LOAD_JUDGE_H
#define LOAD_JUDGE_H

#include "tests/load/tally.h"

struct connection;
struct run;

/* OK, or how the response on c is wrong: its status, its body, its generation. Counts the generation. */
enum outcome judge(struct run *r, struct connection *c);

#endif

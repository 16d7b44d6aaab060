/*
 * listen.h - one address of BATON_LISTEN: "web=0.0.0.0:8080?backlog=4096&rcvbuf=1M".
 */
#ifndef INIT_LISTEN_H
#define INIT_LISTEN_H

#include <stddef.h>

struct option_listen;

/* 0; or -1 with listen untouched, and, if it is one of the options, in `why` which and what it takes. */
int listen_parse(struct option_listen *listen, const char *text, char *why, size_t size);

#endif

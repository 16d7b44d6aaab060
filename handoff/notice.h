/*
 * notice.h - what one datagram of sd_notify(3) says: lines of NAME=VALUE. PURE.
 *
 * READY is what a keeper acts on; STOPPING and STATUS are read, the rest is left alone.
 */
#ifndef HANDOFF_NOTICE_H
#define HANDOFF_NOTICE_H

#include <stdbool.h>
#include <stddef.h>

enum { NOTICE_STATUS = 80 };

struct notice {
	bool ready;
	bool stopping;
	char status[NOTICE_STATUS];
};

void notice_parse(struct notice *n, const char *text, size_t length);

#endif

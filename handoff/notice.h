/*
 * notice.h - what one datagram of sd_notify(3) says: lines of NAME=VALUE. PURE.
 *
 * A line that is not known, or whose value is none, is left alone, as service managers do.
 */
#ifndef HANDOFF_NOTICE_H
#define HANDOFF_NOTICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NOTICE_STATUS = 80, NOTICE_NAME = 256, NOTICE_REASON = 64 };

struct notice {
	bool ready, reloading, stopping;
	bool barrier;			/* and nothing else: BARRIER=1 stands alone */
	bool said_status;		/* an empty one takes the last one back */
	bool alive, trigger;		/* WATCHDOG=1, WATCHDOG=trigger */
	bool store, remove, poll;	/* FDSTORE=1, FDSTOREREMOVE=1; FDPOLL, true unless it is 0 */
	bool named, bad_name;		/* FDNAME: there was a good one; there was one that cannot be */
	int64_t watchdog_us;		/* a period of its own, 0 for none; -1: not said */
	int64_t extend_us;		/* it needs so much longer; 0: not said */
	int64_t main_pid;		/* 0: not said */
	int64_t exit_status;		/* -1: not said */
	int64_t error;			/* ERRNO; 0: not said */
	char bus_error[NOTICE_REASON];
	char status[NOTICE_STATUS];	/* UTF-8 without control characters */
	char name[NOTICE_NAME];		/* "stored" unless it was named */
};

void notice_parse(struct notice *n, const char *text, size_t length);

/* May a descriptor be called so? 1 to 255 bytes without ':' and control characters. */
bool notice_name_is_good(const char *name);

/* Copy text as UTF-8 that any terminal may be shown; cut between two characters. */
void notice_clean(char *to, size_t size, const char *text, size_t length);

#endif

/*
 * event.h - what can happen to a service. PURE.
 *
 * An event with a serial is about that generation, and is dropped when there is none of it: a late
 * answer must not promote the next tenant of the same record.
 */
#ifndef HANDOFF_EVENT_H
#define HANDOFF_EVENT_H

#include <stdint.h>

enum event_type {
	EVENT_TICK,			/* the deadline has come */
	EVENT_BOOTED,			/* release: what to serve first, 0 without releases */
	EVENT_LISTENING,		/* the service has an address now */
	EVENT_WANTED,			/* release: hand over to it; 0: to a new generation of the live one */
	EVENT_ROLLBACK,			/* release: 0 for the one that served before */
	EVENT_HURRY,			/* do not wait for older generations to drain */
	EVENT_PROMOTE,			/* the canary is over: the candidate serves everybody */
	/* code of the three: the order they answer (rolling.h), 0 for the beginning */
	EVENT_ANNOUNCED,		/* serial */
	EVENT_NOTIFIED,			/* serial: every worker said READY=1 */
	EVENT_PROBED,			/* serial: the probe passed */
	EVENT_PROBE_FAILED,		/* serial: it took no connection, or gave a bad answer, in its canary */
	EVENT_RETIRED,			/* serial, code: the order; whoever was to end is gone */
	EVENT_WORKER_ENDED,		/* serial, code: wait status */
	EVENT_HEAVY,			/* serial: its workers have more memory than they should */
	EVENT_EXTEND,			/* serial, code: it needs so many ms more for what it does */
	EVENT_FAILED,			/* serial, code: wait status; the keeper gives up */
	EVENT_EXITED,			/* serial: its keeper was reaped; code: its wait status */
	EVENT_SHUTDOWN,			/* asked to end; a second time: skip the waiting */
	EVENT_TYPES
};

struct event {
	enum event_type type;
	uint32_t serial;
	int32_t release;
	int code;
};

#endif

/*
 * counters.h - what the kernel counts of TCP in this network namespace: /proc/net/netstat, snmp
 * (proc(5)).
 *
 * Not of one service or one address: of all that listens here. In a container with one service that
 * is nearly the same.
 */
#ifndef HANDOFF_COUNTERS_H
#define HANDOFF_COUNTERS_H

#include <stdint.h>

struct counters {
	int64_t accepted;		/* PassiveOpens: connections that came in */
	int64_t overflows;		/* ListenOverflows: an accept queue was full */
	int64_t drops;			/* ListenDrops: that, and whatever else a listener dropped */
};

/* What cannot be read is -1. */
void counters_read(struct counters *c);

/*
 * The number of this name in the group ("TcpExt:") of such a file: a line of names, then one of
 * numbers. -1 when it is not there. PURE.
 */
int64_t counters_find(const char *text, const char *group, const char *name);

#endif

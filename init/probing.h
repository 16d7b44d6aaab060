/*
 * probing.h - PID 1's side of the probe: steer its private connections to the candidate's slot.
 */
#ifndef INIT_PROBING_H
#define INIT_PROBING_H

#include "base/message.h"

struct init;
struct served;

/* Who is asked: the workers first .. end - 1 of a generation (end 0: all), in answer to an order. */
struct probed {
	uint32_t serial;
	int first, end, order;
};

/* Find out whether they are ready; the answer comes as EVENT_PROBED. */
void probing_begin(struct init *init, struct served *sv, const struct probed *who);

/*
 * It is in its canary: ask it again and again, until it is not any more. EVENT_PROBE_FAILED comes when
 * it fails, and when its slot was found shut down. Where it could not be probed, nothing is asked.
 */
void probing_watch(struct init *init, struct served *sv, uint32_t serial);

void probing_hear(struct init *init, struct served *sv, const struct message *m, int fd);
void probing_ended(struct init *init, struct served *sv, int status);
void probing_settle(struct init *init, struct served *sv);

#endif

/*
 * deposits.h - PID 1's part in FDSTORE: it holds what workers leave for those who come after them.
 *
 * What is kept outlives its generation, ends with its service, and goes along in `baton upgrade`.
 */
#ifndef INIT_DEPOSITS_H
#define INIT_DEPOSITS_H

#include <stdint.h>

#include "base/message.h"

struct init;
struct served;
struct keeper_record;

/* NAME, STORE, STORE_REMOVE of a keeper; fd stays the caller's. */
void deposits_hear(struct init *init, struct served *sv, struct keeper_record *k,
    const struct message *m, int fd);

/* Give a keeper all that there is. 0, or -1 with errno. */
int deposits_introduce(struct served *sv, const struct keeper_record *k);

/* The other end of this one is gone. */
void deposits_hung_up(struct served *sv, uint32_t id);

/* Nobody comes any more. */
void deposits_end(struct served *sv);

#endif

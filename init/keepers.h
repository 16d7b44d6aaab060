/*
 * keepers.h - PID 1's side of the keepers: start them, tell them, hear them, bury them.
 */
#ifndef INIT_KEEPERS_H
#define INIT_KEEPERS_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "base/message.h"

struct init;
struct served;
struct keeper_record;

/* NULL when the generation has no keeper. */
struct keeper_record *keepers_find(struct served *sv, uint32_t serial);

/* Start one with so many workers, 0 for all, and give it the generation's slots. 0, or -1 with errno. */
int keepers_launch(struct init *init, struct served *sv, uint32_t serial, int32_t release,
    int count);

/* One message from the keeper in record `index`. */
void keepers_message(struct init *init, struct served *sv, int index);

void keepers_tell(struct served *sv, uint32_t serial, enum message_type type, int32_t code,
    int64_t value);

/* SIGKILL the keeper itself; its workers die with it (PR_SET_PDEATHSIG). */
void keepers_kill(struct served *sv, uint32_t serial);

/*
 * To the workers of who serves, of the candidate when nobody does, of all while the service ends.
 * hurry: what they left behind is not waited for any more.
 */
void keepers_signal(struct served *sv, int signo, bool hurry);

/* Give the keepers of two generations a channel on which connections are carried. */
void keepers_join(struct served *sv, uint32_t from, uint32_t to);

/* Was this child a keeper? Then what it still had to say is heard, and it is buried. */
bool keepers_ended(struct init *init, struct served *sv, pid_t pid, int status);

#endif

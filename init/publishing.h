/*
 * publishing.h - PID 1's side of the release store: adopt what is there at the first start, and move
 * BATON_LIVE to the release that serves.
 *
 * Both wait for the disk, so a role does them and its exit status is the answer.
 */
#ifndef INIT_PUBLISHING_H
#define INIT_PUBLISHING_H

#include "base/message.h"

struct init;
struct served;

/* Look what is live on the disk, then boot the service with it. */
void publishing_begin(struct init *init, struct served *sv);

/* `release` serves: BATON_LIVE shall name it. The newest wish counts. */
void publishing_wish(struct init *init, struct served *sv, int32_t release);

/*
 * Let the releases that stay lend each other their assets (BATON_ASSETS), and then hand over to
 * `release`, 0 for none. -1 when there is nothing to lend.
 */
int publishing_unite(struct init *init, struct served *sv, int32_t release);

/* The newest release that waits for its files to be united with those of others, 0 for none. */
int32_t publishing_unites(const struct served *sv);

/* Nothing waits for that any longer: hand over to what does now. */
void publishing_hurry(struct init *init, struct served *sv);

void publishing_hear(struct init *init, struct served *sv, const struct message *m, int fd);
void publishing_ended(struct init *init, struct served *sv, int status);
void publishing_settle(struct init *init, struct served *sv);

#endif

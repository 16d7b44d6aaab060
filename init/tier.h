/* tier.h - how well baton can do its work in a runtime, in one word. */
#ifndef INIT_TIER_H
#define INIT_TIER_H

#include <stdbool.h>

struct init;
struct served;

/* "inject+steer", "env+steer", or "shared" where the kernel does not steer. */
const char *tier_name(bool injects, bool steers);

/*
 * Try what this runtime allows: for services whose addresses were declared. A plain command is not
 * to wait for that. 0, or the exit status where the configuration asks for what cannot be had.
 */
int tier_find(struct init *init);

/* A bind of this service's worker was heard of, so it can be answered: what is left to be tried is the steering. */
void tier_learn(struct init *init, const struct served *sv);

#endif

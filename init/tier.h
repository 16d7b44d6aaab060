/* tier.h - how well baton can do its work in a runtime, in one word. */
#ifndef INIT_TIER_H
#define INIT_TIER_H

#include <stdbool.h>

/* "inject+steer", "env+steer", or "shared" where the kernel does not steer. */
const char *tier_name(bool injects, bool steers);

#endif

/* tier.c - how well baton can do its work in a runtime, in one word. */
#include "init/tier.h"

const char *
tier_name(bool injects, bool steers)
{
	if (!steers)
		return "shared";
	return injects ? "inject+steer" : "env+steer";
}

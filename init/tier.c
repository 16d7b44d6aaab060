/* tier.c - how well baton can do its work in a runtime, in one word. */
#include "base/log.h"
#include "base/text.h"
#include "init/command.h"
#include "init/init.h"
#include "init/injection.h"
#include "init/spread.h"
#include "init/tier.h"

const char *
tier_name(bool injects, bool steers)
{
	if (!steers)
		return "shared";
	return injects ? "inject+steer" : "env+steer";
}

static bool
any_spread(const struct init *init)
{
	int i;

	for (i = 0; i < init->config->count; i++)
		if (spread_width(&init->config->services[i].options) > 1)
			return true;
	return false;
}

static void
know(struct init *init, bool injects)
{
	struct state *st = &init->state;
	int i;

	/* one moment without a descriptor must not be how all handoffs are done from now on */
	st->steering = listener_steering_works() || listener_steering_works();
	text_copy(st->tier, sizeof(st->tier), tier_name(injects, st->steering));
	log_line(LOG_INFO, "%s, tier %s%s", BATON_VERSION, st->tier,
	    st->steering ? "" : ": connections of all generations wait in one queue");
	if (!st->steering && any_spread(init))
		log_line(LOG_WARNING, "BATON_SPREAD=worker and BATON_STRATEGY=rolling have no effect "
		    "here: new connections cannot be steered, and all workers accept from one queue");
	for (i = 0; i < st->service_count && !st->steering; i++)
		st->services[i].service.policy.places = 0;
}

void
tier_learn(struct init *init, const struct served *sv)
{
	if (init->state.tier[0] != '\0')
		return;
	init_about(init, NULL);
	know(init, true);
	init_about(init, sv);
}

int
tier_find(struct init *init)
{
	bool declared = false, wanted = false, insisted = false, injects;
	struct injection found;
	int i;

	for (i = 0; i < init->config->count; i++) {
		const struct options *o = &init->config->services[i].options;

		declared |= o->listens > 0;
		wanted |= o->adopt == OPTION_ADOPT_AUTO || o->adopt == OPTION_ADOPT_INJECT;
		insisted |= o->adopt == OPTION_ADOPT_INJECT;
	}
	if (!declared && !insisted)
		return 0;
	injects = wanted && injection_try(&found);
	if (insisted && !injects) {
		log_line(LOG_ERROR, "BATON_ADOPT=inject: this runtime does not allow it (no "
		    "seccomp user notification); auto would offer LISTEN_FDS instead");
		return EXIT_CONFIGURATION;
	}
	know(init, injects);
	return 0;
}

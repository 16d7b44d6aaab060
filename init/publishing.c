/* publishing.c - PID 1's side of the release store. */
#include <sys/wait.h>

#include <stdio.h>

#include "base/log.h"
#include "init/building.h"
#include "init/helpers.h"
#include "init/init.h"
#include "init/publishing.h"

/* What is live is known: serve it; with nothing live, wait for the first build if there is one. */
static void
boot(struct init *init)
{
	int32_t live = init->state.published;

	if (live != 0 || init->options->build == NULL)
		init_event(init, (struct event){ .type = EVENT_BOOTED, .release = live });
	building_begin(init);
}

void
publishing_begin(struct init *init)
{
	char *argv[] = { (char *)"baton", (char *)"store", (char *)"import", NULL };

	init->state.store.release = 0;
	if (init->options->live == NULL || helpers_start(init, HELPER_STORE, argv) == -1)
		boot(init);
}

void
publishing_wish(struct init *init, int32_t release)
{
	if (init->options->live != NULL && release != init->state.published)
		init->state.publish_next = release;
}

void
publishing_hear(struct init *init, const struct message *m, int fd)
{
	(void)fd;
	init->state.published = m->release;
}

void
publishing_ended(struct init *init, int status)
{
	struct state *st = &init->state;
	bool well = WIFEXITED(status) && WEXITSTATUS(status) == 0;

	if (st->store.release == 0) {
		if (!well)
			log_line(LOG_ERROR, "what BATON_LIVE=%s holds cannot be made a release; "
			    "the command runs on it as it is", init->options->live);
		boot(init);
		return;
	}
	if (well)
		st->published = st->store.release;
	else
		log_line(LOG_ERROR, "BATON_LIVE=%s could not be moved to release %d; "
		    "it is served all the same", init->options->live, st->store.release);
	st->store.release = 0;
}

void
publishing_settle(struct init *init)
{
	struct state *st = &init->state;
	char number[16];
	char *argv[] = { (char *)"baton", (char *)"store", (char *)"publish", number, NULL };

	if (st->publish_next == 0 || st->store.pid != 0)
		return;
	snprintf(number, sizeof(number), "%d", st->publish_next);
	st->store.release = st->publish_next;
	st->publish_next = 0;
	helpers_start(init, HELPER_STORE, argv);
}

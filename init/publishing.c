/* publishing.c - PID 1's side of the release store. */
#include <sys/wait.h>

#include <stdio.h>

#include "base/log.h"
#include "init/building.h"
#include "init/helpers.h"
#include "init/init.h"
#include "init/publishing.h"

enum { AGAIN_MS = 1000 };	/* after the store could not be started */

/* What is live is known: serve it; with nothing live, wait for the first build if there is one. */
static void
boot(struct init *init, struct served *sv)
{
	int32_t live = sv->published;

	if (live != 0 || init_options(init, sv)->build == NULL)
		init_event(init, sv, (struct event){ .type = EVENT_BOOTED, .release = live });
	building_begin(init, sv);
}

void
publishing_begin(struct init *init, struct served *sv)
{
	char *argv[] = { (char *)"baton", (char *)"store", sv->name, (char *)"import", NULL };

	sv->store.release = 0;
	if (init_options(init, sv)->live == NULL || helpers_start(sv, HELPER_STORE, argv) == -1)
		boot(init, sv);
}

void
publishing_wish(struct init *init, struct served *sv, int32_t release)
{
	if (init_options(init, sv)->live != NULL && release != sv->published)
		sv->publish_next = release;
}

void
publishing_hear(struct init *init, struct served *sv, const struct message *m, int fd)
{
	(void)init;
	(void)fd;
	sv->published = m->release;
}

void
publishing_ended(struct init *init, struct served *sv, int status)
{
	bool well = WIFEXITED(status) && WEXITSTATUS(status) == 0;

	if (sv->store.release == 0) {
		if (!well)
			log_line(LOG_ERROR, "what BATON_LIVE=%s holds cannot be made a release; "
			    "the command runs on it as it is", init_options(init, sv)->live);
		boot(init, sv);
		return;
	}
	if (well)
		sv->published = sv->store.release;
	else
		log_line(LOG_ERROR, "BATON_LIVE=%s could not be moved to release %d; "
		    "it is served all the same", init_options(init, sv)->live, sv->store.release);
	sv->store.release = 0;
}

void
publishing_settle(struct init *init, struct served *sv)
{
	char number[16];
	char *argv[] = { (char *)"baton", (char *)"store", sv->name, (char *)"publish", number,
		NULL };

	(void)init;
	if (sv->publish_next == 0 || sv->store.pid != 0 || clock_now() < sv->store.start_at)
		return;
	snprintf(number, sizeof(number), "%d", sv->publish_next);
	sv->store.release = sv->publish_next;
	if (helpers_start(sv, HELPER_STORE, argv) == -1)
		sv->store.start_at = clock_now() + AGAIN_MS;
	else
		sv->publish_next = 0;
}

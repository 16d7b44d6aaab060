/* reap.c - wait for every child that has ended. */
#include <sys/wait.h>

#include "base/log.h"
#include "init/helpers.h"
#include "init/init.h"
#include "init/keepers.h"
#include "init/reap.h"

enum { REAPS_A_TURN = 256 };

/* Whose it was; an orphan is nobody's, and has nothing to tell. */
static void
bury(struct init *init, pid_t pid, int status)
{
	int i;

	for (i = 0; i < init->state.service_count; i++) {
		init_about(init, &init->state.services[i]);
		if (keepers_ended(init, &init->state.services[i], pid, status) ||
		    helpers_ended(init, &init->state.services[i], pid, status))
			return;
	}
	if (upgrade_ended(init, pid, status))
		return;
	init_about(init, NULL);
	log_line(LOG_DEBUG, "orphan %d reaped", (int)pid);
}

void
reap(struct init *init)
{
	int status, i;
	pid_t pid;

	init->more_to_reap = false;
	for (i = 0; i < REAPS_A_TURN; i++) {
		if ((pid = waitpid(-1, &status, WNOHANG)) <= 0)
			return;
		bury(init, pid, status);
	}
	init->more_to_reap = true;
}

/* reap.c - wait for every child that has ended. */
#include <sys/wait.h>

#include "init/helpers.h"
#include "init/init.h"
#include "init/keepers.h"
#include "init/reap.h"

enum { REAPS_A_TURN = 256 };

void
reap(struct init *init)
{
	int status, i;
	pid_t pid;

	init->more_to_reap = false;
	for (i = 0; i < REAPS_A_TURN; i++) {
		if ((pid = waitpid(-1, &status, WNOHANG)) <= 0)
			return;
		if (!keepers_ended(init, pid, status))
			helpers_ended(init, pid, status);
	}
	init->more_to_reap = true;
}

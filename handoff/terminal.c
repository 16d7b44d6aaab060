/* terminal.c - whose the terminal is: a plain command's, as under any init; a service has none. */
#include <sys/types.h>

#include <signal.h>
#include <unistd.h>

#include "handoff/keep.h"

/*
 * What turns out to be a service gives it back, or ^C would end its worker and not baton. Only the
 * foreground group may give it away (tcsetpgrp(3)): who was started in the background stays there.
 */
int
terminal_offered(const struct keeper *k, int index)
{
	pid_t group = getpgrp();
	int fd;

	if (index != 0 || !k->config->learn || k->slot_count > 0)
		return -1;
	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (tcgetpgrp(fd) == group)
			return fd;
	return -1;
}

/* Who reads the terminal after the shell has given it to baton only lacks being handed it. */
void
terminal_stopped(struct keeper *k, int index, int signo)
{
	if (index != 0 || k->terminal == -1 ||
	    (signo != SIGTSTP && signo != SIGTTIN && signo != SIGTTOU))
		return;
	if (signo != SIGTSTP && tcgetpgrp(k->terminal) == getpgrp())
		terminal_resume(k);
	else
		keep_tell(k, MESSAGE_STOPPED, signo, 0, "", -1);
}

bool
terminal_resume(struct keeper *k)
{
	if (k->terminal == -1 || k->workers[0].pid == 0)
		return false;
	/* a shell that puts baton in the background keeps it for itself */
	if (tcgetpgrp(k->terminal) == getpgrp())
		tcsetpgrp(k->terminal, k->workers[0].pid);
	/* ^Z stopped all of the worker's group, the other end of a pipeline too */
	return kill(-k->workers[0].pid, SIGCONT) == 0;
}

void
terminal_give_back(struct keeper *k)
{
	if (k->terminal != -1 && tcgetpgrp(k->terminal) == k->workers[0].pid)
		tcsetpgrp(k->terminal, getpgrp());
	k->terminal = -1;
}

/* signals.c - the signals PID 1 gets. */
#include <sys/signalfd.h>

#include <signal.h>
#include <unistd.h>

#include "init/init.h"
#include "init/keepers.h"
#include "init/reap.h"
#include "init/signals.h"

enum { SIGNALS_A_TURN = 32 };

int
signals_open(void)
{
	static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS };
	sigset_t all;
	size_t i;

	sigfillset(&all);
	for (i = 0; i < sizeof(faults) / sizeof(*faults); i++)
		sigdelset(&all, faults[i]);
	if (sigprocmask(SIG_SETMASK, &all, NULL) == -1)
		return -1;
	/* ignored, children would vanish without being waited for (waitpid(2)) */
	signal(SIGCHLD, SIG_DFL);
	return signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void
on_signal(struct init *init, int signo)
{
	bool service = init->state.service.listening;

	if (signo == SIGCHLD)
		reap(init);
	else if (signo == SIGTERM || (service && (signo == SIGINT || signo == SIGQUIT)))
		init_event(init, (struct event){ .type = EVENT_SHUTDOWN });
	else if (signo == SIGHUP && service)
		init_event(init, (struct event){ .type = EVENT_WANTED });
	else if (signo != SIGPIPE)	/* our own: a peer went away */
		keepers_signal(init, signo);
}

void
signals_read(struct init *init)
{
	struct signalfd_siginfo got[SIGNALS_A_TURN];
	ssize_t n = read(init->signals, got, sizeof(got)), i;

	for (i = 0; i < n / (ssize_t)sizeof(*got); i++)
		on_signal(init, (int)got[i].ssi_signo);
}

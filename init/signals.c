/* signals.c - the signals PID 1 gets, and whom each of them is for. */
#include <sys/signalfd.h>

#include <signal.h>
#include <unistd.h>

#include "base/inherited.h"
#include "init/init.h"
#include "init/keepers.h"
#include "init/signals.h"

enum { SIGNALS_A_TURN = 32 };

int
signals_open(void)
{
	sigset_t all;

	if (inherited_block_all() == -1)
		return -1;
	inherited_every_signal(&all);
	return signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
}

static bool
is_rewritten(const struct options *o, int signo)
{
	return (o->signals_given >> (signo - 1) & 1) != 0;
}

/* TERM ends everything. A terminal's ^C and ^\ end a service; a plain command decides by itself. */
static bool
is_end(const struct served *sv, int signo)
{
	return signo == SIGTERM || (sv->service.listening && (signo == SIGINT || signo == SIGQUIT));
}

/*
 * One service's share. What is rewritten is forwarded as it was rewritten, and ends or reloads
 * nothing; but a signal that ends still ends, and asks the workers with what became of it.
 */
static bool
take(struct init *init, struct served *sv, int signo)
{
	const struct options *o = init_options(init, sv);
	int to = o->signals[signo];
	bool plain = !sv->service.listening;

	if (to == 0)
		return false;
	if (is_end(sv, signo)) {
		/* INT and QUIT mean something to many servers: they are what workers are asked with */
		if (is_rewritten(o, signo) ||
		    (signo != SIGTERM && !options_given(o, "STOP_SIGNAL")))
			sv->stop_signal = to;
		/* asked once more, a plain command hears it once more */
		if (sv->service.stopping && plain)
			keepers_signal(sv, to, true);
		return true;
	}
	if (signo == SIGHUP && !plain && !is_rewritten(o, signo))
		init_event(init, sv, (struct event){ .type = EVENT_WANTED });
	else
		keepers_signal(sv, to, false);
	return false;
}

/* A shell that started us waits for us to stop. PID 1 of a namespace cannot (pid_namespaces(7)). */
static void
stop_self(const struct init *init, int signo)
{
	if ((signo == SIGTSTP || signo == SIGTTIN || signo == SIGTTOU) && init->state.pid != 1)
		kill(init->state.pid, SIGSTOP);
}

/* Under PID 1 nobody could ever let it go on: as without an init, ^Z then does nothing. */
void
signals_stopped(const struct init *init, struct served *sv, int signo)
{
	if (init->state.pid != 1)
		stop_self(init, signo);
	else if (signo == SIGTSTP)
		keepers_signal(sv, SIGCONT, false);
}

static void
on_signal(struct init *init, const struct signalfd_siginfo *got)
{
	int signo = (int)got->ssi_signo, i;
	bool end = false;

	if (signo == SIGCHLD)	/* the turn reaps, whatever woke it */
		return;
	/* our own: whoever read what we write is gone */
	if (signo == SIGPIPE && (pid_t)got->ssi_pid == init->state.pid)
		return;
	for (i = 0; i < init->state.service_count; i++)
		if (!init->state.services[i].over)
			end |= take(init, &init->state.services[i], signo);
	if (end)
		init_shut_down(init);
	stop_self(init, signo);
}

void
signals_read(struct init *init)
{
	struct signalfd_siginfo got[SIGNALS_A_TURN];
	ssize_t n = read(init->signals, got, sizeof(got)), i;

	for (i = 0; i < n / (ssize_t)sizeof(*got); i++)
		on_signal(init, &got[i]);
}

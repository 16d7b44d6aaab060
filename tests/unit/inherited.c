/* Goal: what is executed has the signals baton was started with, and baton gets all there are. */
#include <criterion/criterion.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/inherited.h"
#include "tests/unit/child.h"

static int
comes_back(void)
{
	sigset_t odd, now;
	struct sigaction child;

	sigemptyset(&odd);
	sigaddset(&odd, SIGTTIN);
	sigaddset(&odd, SIGRTMIN + 5);
	sigprocmask(SIG_SETMASK, &odd, NULL);
	signal(SIGCHLD, SIG_IGN);
	inherited_remember();
	sigaction(SIGCHLD, NULL, &child);
	if (child.sa_handler != SIG_DFL)
		return 1;
	inherited_block_all();
	inherited_restore();
	sigprocmask(SIG_SETMASK, NULL, &now);
	sigaction(SIGCHLD, NULL, &child);
	if (child.sa_handler != SIG_IGN)
		return 2;
	return sigismember(&now, SIGTTIN) == 1 && sigismember(&now, SIGRTMIN + 5) == 1 &&
	    sigismember(&now, SIGTERM) == 0 ? 0 : 3;
}

static int
is_handed_on(void)
{
	struct inherited kept;
	struct sigaction child;
	sigset_t odd, now;

	sigemptyset(&odd);
	sigaddset(&odd, SIGTTIN);
	sigaddset(&odd, SIGRTMAX);
	sigprocmask(SIG_SETMASK, &odd, NULL);
	signal(SIGCHLD, SIG_IGN);
	inherited_remember();
	inherited_give(&kept);
	inherited_block_all();
	inherited_remember();		/* as who was executed finds it */
	inherited_take(&kept);
	inherited_restore();
	sigprocmask(SIG_SETMASK, NULL, &now);
	sigaction(SIGCHLD, NULL, &child);
	MUST(child.sa_handler == SIG_IGN);
	MUST(sigismember(&now, SIGTTIN) == 1 && sigismember(&now, SIGRTMAX) == 1);
	MUST(sigismember(&now, SIGTERM) == 0);
	return 0;
}

Test(inherited, is_handed_on_to_who_is_executed_next)
{
	cr_assert_eq(child_run(is_handed_on), 0);
}

Test(inherited, mask_and_ignored_child_come_back)
{
	cr_assert_eq(child_run(comes_back), 0);
}

static int
hears_all(void)
{
	struct signalfd_siginfo got;
	sigset_t all;
	int fd, signo;

	signal(SIGUSR1, SIG_IGN);	/* blocked, it is queued all the same */
	if (inherited_block_all() == -1)
		return 100;
	inherited_every_signal(&all);
	fd = signalfd(-1, &all, SFD_NONBLOCK | SFD_CLOEXEC);
	for (signo = 1; signo <= 64; signo++) {
		if (signo == SIGKILL || signo == SIGSTOP)
			continue;
		if (kill(getpid(), signo) == -1 || read(fd, &got, sizeof(got)) != sizeof(got) ||
		    (int)got.ssi_signo != signo)
			return signo;
	}
	return 0;
}

Test(inherited, every_signal_is_heard)
{
	cr_assert_eq(child_run(hears_all), 0);
}

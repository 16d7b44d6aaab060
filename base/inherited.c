/* inherited.c - the signal state baton was started with. */
#include <sys/syscall.h>

#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "base/inherited.h"

static sigset_t mask;
static struct sigaction child;

/* As the system call has it: glibc's own functions do not let its two signals be blocked. */
static int
set_mask(const sigset_t *set, sigset_t *old)
{
	enum { KERNEL_BYTES = 8 };

	return (int)syscall(SYS_rt_sigprocmask, SIG_SETMASK, set, old, KERNEL_BYTES);
}

void
inherited_every_signal(sigset_t *set)
{
	memset(set, 0xff, sizeof(*set));
}

int
inherited_block_all(void)
{
	sigset_t all;

	inherited_every_signal(&all);
	return set_mask(&all, NULL);
}

void
inherited_remember(void)
{
	sigemptyset(&mask);
	set_mask(NULL, &mask);
	sigaction(SIGCHLD, NULL, &child);
	if (child.sa_handler == SIG_IGN)
		signal(SIGCHLD, SIG_DFL);
}

void
inherited_give(struct inherited *to)
{
	*to = (struct inherited){ .ignores_children = child.sa_handler == SIG_IGN };
	memcpy(&to->mask, &mask, sizeof(to->mask));
}

void
inherited_take(const struct inherited *from)
{
	sigemptyset(&mask);
	memcpy(&mask, &from->mask, sizeof(from->mask));
	child.sa_handler = from->ignores_children ? SIG_IGN : SIG_DFL;
}

void
inherited_restore(void)
{
	if (child.sa_handler == SIG_IGN)
		signal(SIGCHLD, SIG_IGN);
	set_mask(&mask, NULL);
}

/* role.c - start a job as a process of its own. */
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/role.h"

extern char **environ;

static int self = -1;
static sigset_t inherited_mask;

static void
seal_inherited(void)
{
	int fd;

	for (fd = ROLE_CHANNEL; fd < ROLE_EXTRA + ROLE_MOST_EXTRA; fd++)
		fd_cloexec(fd, 1);
}

int
role_boot(int inherited)
{
	sigprocmask(SIG_SETMASK, NULL, &inherited_mask);
	if (inherited) {
		seal_inherited();
		self = ROLE_SELF;
		return 0;
	}
	self = open("/proc/self/exe", O_PATH | O_CLOEXEC);
	return self == -1 ? -1 : 0;
}

void
role_restore_signals(void)
{
	sigprocmask(SIG_SETMASK, &inherited_mask, NULL);
}

/*
 * Move the descriptors to their places. First all go above the places, so that none is
 * overwritten before it was moved; dup2 then clears O_CLOEXEC on just those that stay.
 */
static int
place(int channel, const int *extra, int extras)
{
	int from[ROLE_MOST_EXTRA + 2], i, count = extras + 2;

	for (i = 0; i < count; i++) {
		int fd = i == 0 ? channel : i == 1 ? self : extra[i - 2];

		from[i] = fd == -1 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, ROLE_CHANNEL + count);
		if (fd != -1 && from[i] == -1)
			return -1;
	}
	for (i = 0; i < count; i++) {
		if (from[i] == -1)
			close(ROLE_CHANNEL + i);
		else if (dup2(from[i], ROLE_CHANNEL + i) == -1)
			return -1;
	}
	return 0;
}

/* Everything from here to exec runs in the child and touches only its own stack. */
static void
become(char *const argv[], char *const environment[], int channel, const int *extra, int extras)
{
	char **to = environment != NULL ? (char **)environment : environ;
	int i;

	if (place(channel, extra, extras) == -1)
		_exit(125);
	/* what lies beyond the places is O_CLOEXEC, except what others gave us: be sure */
	for (i = 0; i < extras + 2; i++)
		fd_cloexec(ROLE_CHANNEL + i, 0);
	role_restore_signals();
	syscall(SYS_execveat, ROLE_SELF, "", argv, to, AT_EMPTY_PATH);
	if (errno == ENOSYS)
		execve("/proc/self/exe", argv, to);
	_exit(126);
}

pid_t
role_start(char *const argv[], char *const environment[], int channel, const int *extra,
    int extras)
{
	pid_t pid;

	if (extras > ROLE_MOST_EXTRA) {
		errno = EMFILE;
		return -1;
	}
	if ((pid = fork()) == 0)
		become(argv, environment, channel, extra, extras);
	return pid;
}

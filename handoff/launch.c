/* launch.c - what stands between fork and the worker's exec. */
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/inherited.h"
#include "base/log.h"
#include "base/role.h"
#include "base/text.h"
#include "base/wire.h"
#include "handoff/environment.h"
#include "handoff/filter.h"
#include "handoff/launch.h"

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV	/* Linux 5.19; Debian 12's header has it not */
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

enum { FIRST_SLOT = 3 };	/* SD_LISTEN_FDS_START, sd_listen_fds(3) */

/* As a shell has it (POSIX, Shell Command Language, 2.8.2). */
enum { EXIT_CANNOT_RUN = 126, EXIT_NOT_FOUND = 127 };

/*
 * --- the child's side -------------------------------------------------------------------------
 *
 * Until the exec it runs in the keeper's memory while the keeper waits (vfork(2)): what it writes
 * there stays. Descriptors, directory and signals are its own; all descriptors are O_CLOEXEC.
 */

static int channel;		/* to the keeper, until the exec closes it */

static void
tell(enum message_type type, int code, const char *what, int fd)
{
	struct message m = { .type = type, .code = code };

	text_copy(m.text, sizeof(m.text), what);
	wire_send(channel, &m, fd);
}

_Noreturn static void
fail(const char *what)
{
	tell(MESSAGE_NOT_RUN, errno, what, -1);
	_exit(EXIT_CANNOT_RUN);
}

/* Where execvpe looks: a name with a slash as it is, another in each directory of PATH. */
static bool
is_there(const char *program)
{
	const char *at = getenv("PATH");
	char path[PATH_MAX];
	size_t length;

	if (strchr(program, '/') != NULL)
		return access(program, X_OK) == 0;
	for (at = at != NULL ? at : "/bin:/usr/bin"; *program != '\0' && *at != '\0';
	    at += length + (at[length] == ':')) {
		length = strcspn(at, ":");
		if (snprintf(path, sizeof(path), "%.*s/%s", (int)length, length > 0 ? at : ".",
		    program) < (int)sizeof(path) && access(path, X_OK) == 0)
			return true;
	}
	return false;
}

/*
 * A script whose first line names what is not there, or a binary of another C library, fails as if
 * it were not there itself (execve(2)); who sees it there looks for the mistake in the wrong place.
 */
_Noreturn static void
cannot_run(const char *program)
{
	int code = errno;
	bool lacks_interpreter = code == ENOENT && is_there(program);
	char what[MESSAGE_TEXT];

	snprintf(what, sizeof(what), "cannot run '%.*s'%s", lacks_interpreter ? 40 : 60, program,
	    lacks_interpreter ? ": its interpreter" : "");
	tell(MESSAGE_NOT_RUN, code, what, -1);
	_exit(code == ENOENT && !lacks_interpreter ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN);
}

/*
 * The filter is no sandbox: before Linux 5.16 a worker would pay for one with speculation switched off
 * (SSBD, STIBP: seccomp(2), Documentation/userspace-api/spec_ctrl.rst), and run slower.
 */
static int
set_filter(const struct sock_fprog *program)
{
	const unsigned flags = SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_SPEC_ALLOW;
	long fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
	    flags | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, program);

	if (fd == -1 && errno == EINVAL)
		fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, program);
	return (int)fd;
}

static int
install_filter(unsigned traps)
{
	struct sock_filter code[FILTER_MOST];
	struct sock_fprog program = { .filter = code };
	int fd;

	program.len = (unsigned short)filter_program(code, traps);
	fd = set_filter(&program);
	/* without CAP_SYS_ADMIN a filter is for those alone who give up set-id programs (seccomp(2)) */
	if (fd == -1 && errno == EACCES && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
		fd = set_filter(&program);
	return fd;
}

static void
offer_injection(const struct launch *l)
{
	int fd;

	if (l->traps == 0)
		return;
	if ((fd = install_filter(l->traps)) != -1) {
		tell(MESSAGE_FILTER, 0, "", fd);
		fd_close(&fd);
	} else if (l->adopt == ADOPT_INJECT)
		fail("cannot take its bind over (BATON_ADOPT=inject)");
	else
		tell(MESSAGE_NO_FILTER, errno, "", -1);
}

/* Only the child knows its pid: room for it was left in its environment. */
static void
write_pid(char *const environment[])
{
	static const char *const names[] = { ENVIRONMENT_LISTEN_PID, ENVIRONMENT_WATCHDOG_PID };
	size_t i, length;

	for (; *environment != NULL; environment++)
		for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
			length = strlen(names[i]);
			if (text_begins(*environment, names[i]))
				snprintf(*environment + length, strlen(*environment + length) + 1,
				    "%d", (int)getpid());
		}
}

/*
 * The slots go to 3 and up, as LISTEN_FDS says; first all go above these places, so that none is
 * overwritten before it was moved. The channel closes with the exec, which is what tells the keeper
 * that the program runs.
 */
static void
place_descriptors(const struct launch *l)
{
	int aside[LAUNCH_FDS], i;

	if (l->output != -1 && dup2(l->output, STDERR_FILENO) == -1)
		fail("cannot place its stderr");
	if (l->slot_count == 0)
		return;
	if ((channel = fcntl(channel, F_DUPFD_CLOEXEC, FIRST_SLOT + l->slot_count)) == -1)
		_exit(EXIT_CANNOT_RUN);
	for (i = 0; i < l->slot_count; i++)
		if ((aside[i] = fcntl(l->slots[i], F_DUPFD_CLOEXEC,
		    FIRST_SLOT + l->slot_count)) == -1)
			fail("cannot place its sockets");
	for (i = 0; i < l->slot_count; i++)
		if (dup2(aside[i], FIRST_SLOT + i) == -1)
			fail("cannot place its sockets");
}

/* The signal is asked for first: a keeper that died before that has closed the channel. */
static void
die_with_keeper(void)
{
	struct pollfd p = { .fd = channel };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (poll(&p, 1, 0) != 0)
		_exit(EXIT_CANNOT_RUN);
}

/* A shell stops itself when its process group has not got the terminal. Without one: ENOTTY. */
static void
take_terminal(int terminal)
{
	sigset_t ttou;

	sigemptyset(&ttou);
	sigaddset(&ttou, SIGTTOU);	/* for the call of somebody in the background */
	sigprocmask(SIG_BLOCK, &ttou, NULL);
	tcsetpgrp(terminal, getpgrp());
}

/* A relative BATON_DIR is seen from where baton was started; the slots may take that one's place. */
static void
enter(const char *directory)
{
	char what[MESSAGE_TEXT];

	if (role_revisit() == -1)
		fail("cannot go back to where baton was started");
	if (directory == NULL || chdir(directory) == 0)
		return;
	snprintf(what, sizeof(what), "cannot enter '%.60s' (BATON_DIR)", directory);
	fail(what);
}

/* In its own process group, in its directory, with what it is to have: become the worker. */
_Noreturn static void
become(const struct launch *l, int to_keeper)
{
	channel = to_keeper;
	setpgid(0, 0);
	die_with_keeper();
	if (l->terminal != -1)
		take_terminal(l->terminal);
	enter(l->directory);
	place_descriptors(l);
	write_pid(l->environment);
	offer_injection(l);
	inherited_restore();
	execvpe(l->command[0], l->command, l->environment);
	cannot_run(l->command[0]);
}

/* --- the keeper's side ------------------------------------------------------------------------ */

pid_t
launch_start(const struct launch *l, int *to_hear)
{
	int ends[2];
	pid_t pid;

	if (wire_pair(ends) == -1)
		return -1;
	/* the rule is for a child that returns: this one goes on in frames of its own to its exec */
	if ((pid = vfork()) == 0)	/* NOLINT(clang-analyzer-security.insecureAPI.vfork) */
		become(l, ends[1]);	/* NOLINT(clang-analyzer-unix.Vfork) */
	fd_close(&ends[1]);
	if (pid == -1) {
		fd_close(&ends[0]);
		return -1;
	}
	*to_hear = ends[0];
	return pid;
}

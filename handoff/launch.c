/* launch.c - what stands between fork and the worker's exec. */
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/role.h"
#include "base/text.h"
#include "base/wire.h"
#include "handoff/launch.h"

#if defined(__x86_64__)
#define NATIVE_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE_ARCH AUDIT_ARCH_AARCH64
#else
#error "say here which AUDIT_ARCH_ this is"
#endif

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV	/* Linux 5.19; Debian 12's header has it not */
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

enum { COMMAND_MOST = 4096, FIXED = 8, FIRST_SLOT = 3 };	/* SD_LISTEN_FDS_START */

/* --- the keeper's side ------------------------------------------------------------------------ */

pid_t
launch_start(const struct launch *l, int *channel)
{
	char how[8], count[8], output[4], terminal[4];
	char *argv[COMMAND_MOST + FIXED + 1] = { (char *)"baton", (char *)"launch", how, count,
		output, terminal, (char *)(l->directory != NULL ? l->directory : ""), (char *)"--" };
	int extra[ROLE_MOST_EXTRA], extras = 0, ends[2], i;
	pid_t pid;

	snprintf(how, sizeof(how), "%d", (int)l->adopt);
	snprintf(count, sizeof(count), "%d", l->slot_count);
	snprintf(output, sizeof(output), "%d", l->output != -1);
	snprintf(terminal, sizeof(terminal), "%d", l->terminal);
	for (i = 0; i < COMMAND_MOST && l->command[i] != NULL; i++)
		argv[FIXED + i] = l->command[i];
	for (i = 0; i < l->slot_count; i++)
		extra[extras++] = l->slots[i];
	if (l->output != -1)
		extra[extras++] = l->output;
	if (wire_pair(ends) == -1)
		return -1;
	pid = role_start(argv, l->environment, ends[1], extra, extras);
	fd_close(&ends[1]);
	if (pid == -1)
		fd_close(&ends[0]);
	else
		*channel = ends[0];
	return pid;
}

/* --- the role --------------------------------------------------------------------------------- */

static int channel;

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
	int code = errno;

	tell(MESSAGE_NOT_RUN, code, what, -1);
	_exit(code == ENOENT ? 127 : 126);
}

/*
 * Trap bind and nothing else. Calls of a foreign architecture go by: a worker of that kind is not
 * adopted, but neither is it killed.
 */
static int
install_filter(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NATIVE_ARCH, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_bind, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { .len = sizeof(code) / sizeof(*code), .filter = code };
	long fd;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return -1;
	fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
	    SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, &program);
	if (fd == -1 && errno == EINVAL)
		fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
		    SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
	return (int)fd;
}

static void
offer_injection(enum adopt adopt)
{
	int fd;

	if (adopt != ADOPT_AUTO && adopt != ADOPT_INJECT)
		return;
	if ((fd = install_filter()) != -1) {
		tell(MESSAGE_FILTER, 0, "", fd);
		fd_close(&fd);
	} else if (adopt == ADOPT_INJECT)
		fail("cannot take its bind over (BATON_ADOPT=inject)");
	else
		tell(MESSAGE_NO_FILTER, errno, "", -1);
}

/*
 * The slots go to 3 and up, as LISTEN_FDS says, our channel behind them. What lies beyond is closed,
 * also what whoever started baton has left open.
 */
static void
place_descriptors(int slots, bool output)
{
	char pid[16];
	int i, aside = fcntl(ROLE_CHANNEL, F_DUPFD_CLOEXEC, ROLE_EXTRA + slots + 1);

	channel = aside == -1 ? ROLE_CHANNEL : aside;
	if (aside == -1)
		fail("cannot place its channel");
	if (output && dup2(ROLE_EXTRA + slots, STDERR_FILENO) == -1)
		fail("cannot place its stderr");
	for (i = 0; i < slots; i++)
		if (dup2(ROLE_EXTRA + i, FIRST_SLOT + i) == -1)
			fail("cannot place its sockets");
	if ((channel = dup3(aside, FIRST_SLOT + slots, O_CLOEXEC)) == -1)
		_exit(126);
	fd_close_from(channel + 1);
	if (slots > 0) {
		snprintf(pid, sizeof(pid), "%d", (int)getpid());
		setenv("LISTEN_PID", pid, 1);
	}
}

/* The signal is asked for first: a keeper that died before that has closed the channel. */
static void
die_with_keeper(void)
{
	struct pollfd p = { .fd = ROLE_CHANNEL };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (poll(&p, 1, 0) != 0)
		_exit(126);
}

/* A shell stops itself when its process group has not got the terminal. Without one: ENOTTY. */
static void
take_terminal(void)
{
	sigset_t ttou;

	sigemptyset(&ttou);
	sigaddset(&ttou, SIGTTOU);	/* for the call of somebody in the background */
	sigprocmask(SIG_BLOCK, &ttou, NULL);
	tcsetpgrp(STDIN_FILENO, getpgrp());
}

int
launch_run(int argc, char *const argv[])
{
	enum { HOW = 1, COUNT, OUTPUT, TERMINAL, DIRECTORY, DASHES, COMMAND };
	char what[MESSAGE_TEXT];

	if (argc <= COMMAND)
		return 64;
	setpgid(0, 0);
	die_with_keeper();
	if (atoi(argv[TERMINAL]) != 0)
		take_terminal();
	place_descriptors(atoi(argv[COUNT]), atoi(argv[OUTPUT]) != 0);
	snprintf(what, sizeof(what), "cannot enter '%.60s' (BATON_DIR)", argv[DIRECTORY]);
	if (argv[DIRECTORY][0] != '\0' && chdir(argv[DIRECTORY]) == -1)
		fail(what);
	offer_injection((enum adopt)atoi(argv[HOW]));
	role_restore_signals();
	execvp(argv[COMMAND], argv + COMMAND);
	snprintf(what, sizeof(what), "cannot run '%.60s'", argv[COMMAND]);
	fail(what);
}

/*
 * main.c - `crash`: run baton as PID 1 of a namespace and kill it at its n-th step on the disk.
 *
 *     crash --count FILE build/baton -- ...         how many steps there are, and which
 *     crash --at N [--one] --report FILE build/baton -- ...
 *
 * A step is a system call of PID 1, the watcher, the store or the builder that changes a file system:
 * a name made, moved or removed, bytes or modes of a file, a sync. What is killed has not made the call
 * yet. --one kills the process that makes it, else PID 1 is killed and all with it, as when a container
 * is. The report has a line: what was killed, and before which call.
 *
 * Nothing else is touched: builds and workers, which are traced as well, go on.
 */
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FAILED = 125, PIDS = 4194304 };

enum role { NOBODY, INIT, WATCH, BUILDER, STORE, ROLES };

static const char *const roles[ROLES] = {
	[INIT] = "init", [WATCH] = "watch", [BUILDER] = "builder", [STORE] = "store",
};

/* The number of a row travels with the stop. */
static const struct step {
	const char *call;
	int flags_at;		/* argument with flags of open(2); -1: none */
	bool to_file;		/* only if argument 0 is a regular file, and not the log */
} steps[] = {
	{ "open", 1, false }, { "openat", 2, false }, { "creat", -1, false },
	{ "write", -1, true }, { "writev", -1, true }, { "pwrite64", -1, true },
	{ "copy_file_range", -1, false }, { "sendfile", -1, true }, { "ftruncate", -1, false },
	{ "rename", -1, false }, { "renameat", -1, false }, { "renameat2", -1, false },
	{ "mkdir", -1, false }, { "mkdirat", -1, false }, { "rmdir", -1, false },
	{ "unlink", -1, false }, { "unlinkat", -1, false }, { "link", -1, false },
	{ "linkat", -1, false }, { "symlink", -1, false }, { "symlinkat", -1, false },
	{ "chmod", -1, false }, { "fchmod", -1, false }, { "fchmodat", -1, false },
	{ "chown", -1, false }, { "lchown", -1, false }, { "fchown", -1, false },
	{ "fchownat", -1, false }, { "utimensat", -1, false }, { "fsync", -1, false },
	{ "fdatasync", -1, false }, { "syncfs", -1, false }, { "sync", -1, false },
};
enum { STEPS = sizeof(steps) / sizeof(*steps) };

static unsigned char role_of[PIDS];
static pid_t first;
static int at, taken;
static bool one;
static FILE *report;

static void
die(const char *what)
{
	fprintf(stderr, "crash: %s: %s\n", what, strerror(errno));
	exit(FAILED);
}

static void
add_rule(scmp_filter_ctx filter, int row)
{
	const struct step *s = &steps[row];
	int call = seccomp_syscall_resolve_name(s->call);

	if (call == __NR_SCMP_ERROR || call < 0)
		return;		/* not on this machine */
	if (s->flags_at != -1)
		seccomp_rule_add(filter, SCMP_ACT_TRACE(row), call, 1,
		    SCMP_CMP((unsigned)s->flags_at, SCMP_CMP_MASKED_EQ, O_CREAT, O_CREAT));
	else
		seccomp_rule_add(filter, SCMP_ACT_TRACE(row), call, 0);
}

/* As root it needs no no_new_privs, which would change what baton finds. */
static void
install_filter(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int i;

	if (filter == NULL)
		die("seccomp_init");
	seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0);
	for (i = 0; i < STEPS; i++)
		add_rule(filter, i);
	if (seccomp_load(filter) < 0)
		die("seccomp_load");
	seccomp_release(filter);
}

static int
become(void *argument)
{
	char **command = argument;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1 ||
	    mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == -1)
		die("cannot mount /proc");
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) == -1)
		die("cannot be traced");
	raise(SIGSTOP);
	install_filter();
	execv(command[0], command);
	die(command[0]);
	return FAILED;
}

static pid_t
start(char *command[])
{
	static const long options = PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
	    PTRACE_O_TRACEEXEC | PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL;
	pid_t pid = (pid_t)syscall(SYS_clone, CLONE_NEWPID | CLONE_NEWNS | SIGCHLD, 0, 0, 0, 0);
	int status;

	if (pid == -1)
		die("cannot start a namespace; being root would be right");
	if (pid == 0)
		_exit(become(command));
	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
		die("it did not stop");
	if (ptrace(PTRACE_SETOPTIONS, pid, NULL, (void *)options) == -1)
		die("PTRACE_SETOPTIONS");
	ptrace(PTRACE_CONT, pid, NULL, NULL);
	return pid;
}

/* Who it is by its arguments, after an exec. */
static enum role
role_by_name(pid_t pid)
{
	char path[64], text[256] = "";
	const char *name;
	int fd, i;

	if (pid == first)
		return INIT;
	snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return NOBODY;
	if (read(fd, text, sizeof(text) - 2) <= 0)
		*text = '\0';
	close(fd);
	if (strcmp(text, "baton") != 0)
		return NOBODY;
	name = text + strlen(text) + 1;
	for (i = WATCH; i < ROLES; i++)
		if (strcmp(name, roles[i]) == 0)
			return (enum role)i;
	return NOBODY;
}

static bool
is_regular(pid_t pid, int fd)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, fd);
	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static bool
counts(pid_t pid, unsigned long row)
{
	struct __ptrace_syscall_info info;

	if (row >= STEPS || role_of[pid] == NOBODY)
		return false;
	if (!steps[row].to_file)
		return true;
	return ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) > 0 &&
	    info.seccomp.args[0] > STDERR_FILENO &&
	    is_regular(pid, (int)info.seccomp.args[0]);
}

static void
on_step(pid_t pid)
{
	unsigned long row = 0;

	if (ptrace(PTRACE_GETEVENTMSG, pid, NULL, &row) == -1 || !counts(pid, row))
		return;
	taken++;
	if (at == 0)
		fprintf(report, "%d %s %s\n", taken, roles[role_of[pid]], steps[row].call);
	if (taken != at)
		return;
	fprintf(report, "%d %s %s\n", taken, roles[role_of[pid]], steps[row].call);
	kill(one ? pid : first, SIGKILL);
}

static void
on_stop(pid_t pid, int status)
{
	int signal = WSTOPSIG(status), event = status >> 16;

	if (event == PTRACE_EVENT_SECCOMP)
		on_step(pid);
	else if (event == PTRACE_EVENT_EXEC)
		role_of[pid] = (unsigned char)role_by_name(pid);
	/* a new child begins with a stop of its own, and as nobody */
	if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK || event == PTRACE_EVENT_CLONE) {
		unsigned long child = 0;

		if (ptrace(PTRACE_GETEVENTMSG, pid, NULL, &child) == 0 && child < PIDS)
			role_of[child] = NOBODY;
	}
	ptrace(PTRACE_CONT, pid, NULL,
	    (void *)(long)(event != 0 || signal == SIGSTOP || signal == SIGTRAP ? 0 : signal));
}

static void
pass_on(int signo)
{
	int kept = errno;

	kill(first, signo);
	errno = kept;
}

static int
trace(void)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, __WALL)) != -1 || errno == EINTR) {
		if (pid == -1)
			continue;
		if (pid == first && !WIFSTOPPED(status))
			return status;
		if (WIFSTOPPED(status))
			on_stop(pid, status);
	}
	return 0;
}

int
main(int argc, char *argv[])
{
	static const struct option options[] = {
		{ "count", required_argument, NULL, 'r' }, { "report", required_argument, NULL, 'r' },
		{ "at", required_argument, NULL, 'a' }, { "one", no_argument, NULL, 'o' }, { 0 },
	};
	struct sigaction term = { .sa_handler = pass_on };
	int option, status;

	while ((option = getopt_long(argc, argv, "+", options, NULL)) != -1)
		if (option == 'a')
			at = atoi(optarg);
		else if (option == 'o')
			one = true;
		else if (option != 'r' || (report = fopen(optarg, "we")) == NULL)
			exit(FAILED);
	if (optind == argc || report == NULL)
		exit(FAILED);
	setvbuf(report, NULL, _IOLBF, 0);
	first = start(argv + optind);
	sigaction(SIGTERM, &term, NULL);
	sigaction(SIGINT, &term, NULL);
	role_of[first] = INIT;
	status = trace();
	fprintf(report, "steps %d\n", taken);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* target.c - the process whose system calls fail, and the namespace around it. */
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/fault/target.h"

enum { DYING_MS = 300, LOOK_MS = 10 };

static pid_t target;
static int gate = -1;

static void
pass_on(int signo)
{
	int kept = errno;

	kill(target, signo);
	errno = kept;
}

static void
pass_signals(pid_t to)
{
	static const int passed[] = { SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2 };
	struct sigaction action = { .sa_handler = pass_on };
	size_t i;

	target = to;
	for (i = 0; i < sizeof(passed) / sizeof(*passed); i++)
		sigaction(passed[i], &action, NULL);
}

/* A fork whose child is PID 1 of a namespace, with a /proc to match. */
static pid_t
fork_first(void)
{
	pid_t pid = (pid_t)syscall(SYS_clone, CLONE_NEWPID | CLONE_NEWNS | SIGCHLD, 0, 0, 0, 0);

	if (pid != 0)
		return pid;
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1 ||
	    mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == -1) {
		perror("fault: cannot mount /proc");
		_exit(125);
	}
	return 0;
}

static void
stay_outside(pid_t inside)
{
	int status;

	pass_signals(inside);
	while (waitpid(inside, &status, 0) == -1)
		if (errno != EINTR)
			exit(125);
	exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

static int
go_inside(void)
{
	pid_t pid = fork_first();

	if (pid > 0)
		stay_outside(pid);
	if (pid == 0)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	return pid;
}

static void
wait_and_run(char *const command[], const int ends[2])
{
	char byte;

	close(ends[1]);
	if (read(ends[0], &byte, 1) != 1)
		_exit(125);
	close(ends[0]);
	execvp(command[0], command);
	perror("fault: cannot run the command");
	_exit(125);
}

pid_t
target_start(char *const command[], int first)
{
	int ends[2];
	pid_t pid = -1;

	if ((!first && go_inside() == -1) || pipe(ends) == -1 ||
	    (pid = first ? fork_first() : fork()) == -1) {
		perror("fault: cannot start a namespace; being root would be right");
		return -1;
	}
	if (pid == 0)
		wait_and_run(command, ends);
	close(ends[0]);
	gate = ends[1];
	return pid;
}

void
target_go(pid_t pid)
{
	pass_signals(pid);
	if (write(gate, "", 1) == -1)
		perror("fault: cannot let the command go");
	close(gate);
}

static void
report_left(FILE *report, const char *pid)
{
	char path[300], name[64] = "?";
	FILE *from;

	snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	if ((from = fopen(path, "re")) != NULL) {
		if (fgets(name, sizeof(name), from) != NULL)
			name[strcspn(name, "\n")] = '\0';
		fclose(from);
	}
	fprintf(report, "left %s %s\n", pid, name);
}

void
target_survivors(FILE *report)
{
	struct dirent *entry;
	pid_t got = 0;
	DIR *proc;
	int i;

	for (i = 0; i < DYING_MS / LOOK_MS && got != -1; i++) {
		while ((got = waitpid(-1, NULL, WNOHANG)) > 0)
			;
		if (got == 0)
			usleep(LOOK_MS * 1000);
	}
	if (got == -1 || (proc = opendir("/proc")) == NULL)
		return;
	while ((entry = readdir(proc)) != NULL)
		if (atoi(entry->d_name) > 1)
			report_left(report, entry->d_name);
	closedir(proc);
}

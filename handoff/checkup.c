/* checkup.c - a command of the user's says whether the candidate is ready. */
#include <sys/prctl.h>
#include <sys/wait.h>

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/inherited.h"
#include "base/log.h"
#include "base/role.h"
#include "base/text.h"
#include "handoff/checkup.h"
#include "handoff/environment.h"
#include "handoff/probe.h"
#include "handoff/relay.h"

extern char **environ;

enum { AGAIN_MS = 1000, SLOW_MS = 5000, LOOK_MS = 50, TAIL = 512, EXIT_NOT_RUN = 127 };

/* One run of the command. */
struct run {
	pid_t pid;			/* also its process group */
	int output;			/* what it writes; -1 when it has ended */
	char tail[TAIL];		/* of that the last bytes */
	size_t length;
	msec began;
	bool slow;			/* it was said that it takes long */
};

void
checkup_last_line(char *to, size_t size, const char *output, size_t length)
{
	size_t end = length, from, i, n = 0;

	while (end > 0 && isspace((unsigned char)output[end - 1]))
		end--;
	for (from = end; from > 0 && output[from - 1] != '\n' && output[from - 1] != '\r'; from--)
		;
	for (i = from; i < end && n + 1 < size; i++)
		to[n++] = iscntrl((unsigned char)output[i]) ? ' ' : output[i];
	to[n] = '\0';
}

/* --- the child -------------------------------------------------------------------------------- */

_Noreturn static void
become_command(const struct checkup *c, int output, char *const environment[])
{
	char *argv[] = { (char *)"sh", (char *)"-c", (char *)c->command, NULL };
	int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (nothing != -1)
		dup2(nothing, STDIN_FILENO);
	dup2(output, STDOUT_FILENO);
	dup2(output, STDERR_FILENO);
	if (c->directory != NULL && chdir(c->directory) == -1) {
		dprintf(STDERR_FILENO, "cannot enter '%s' (BATON_DIR): %s\n", c->directory,
		    strerror(errno));
		_exit(EXIT_NOT_RUN);
	}
	inherited_restore();
	execve("/bin/sh", argv, environment);
	dprintf(STDERR_FILENO, "cannot run /bin/sh: %s\n", strerror(errno));
	_exit(EXIT_NOT_RUN);
}

static int
begin(struct run *run, const struct checkup *c, char *const environment[])
{
	int ends[2];

	memset(run, 0, sizeof(*run));
	run->began = clock_now();
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) == -1)
		return -1;
	fd_nonblock(ends[1], 0);
	if ((run->pid = fork()) == 0)
		become_command(c, ends[1], environment);
	fd_close(&ends[1]);
	run->output = ends[0];
	if (run->pid == -1) {
		fd_close(&run->output);
		return -1;
	}
	setpgid(run->pid, run->pid);	/* whoever comes first */
	return 0;
}

/* --- one run ---------------------------------------------------------------------------------- */

static void
kill_all(const struct run *run)
{
	kill(-run->pid, SIGKILL);
	kill(run->pid, SIGKILL);
}

static void
read_output(struct run *run)
{
	char bytes[TAIL];
	ssize_t n;

	while (run->output != -1 && (n = read(run->output, bytes, sizeof(bytes))) != -1) {
		if (n == 0) {
			fd_close(&run->output);
			return;
		}
		if (run->length + (size_t)n > TAIL) {
			run->length = TAIL - (size_t)n;
			memmove(run->tail, run->tail + TAIL - run->length, run->length);
		}
		memcpy(run->tail + run->length, bytes, (size_t)n);
		run->length += (size_t)n;
	}
}

/* Wait for something to happen; nobody wants to know any more when PID 1 closes the channel. */
static void
wait_a_little(struct run *run, struct relay *relay)
{
	struct pollfd set[RELAY_POLLS + 2] = {
		{ .fd = ROLE_CHANNEL }, { .fd = run->output, .events = POLLIN },
	};
	int count = 2 + relay_collect(relay, set + 2);

	poll(set, (nfds_t)count, LOOK_MS);
	if (set[0].revents != 0) {
		kill_all(run);
		_exit(0);
	}
	relay_turn(relay);
	read_output(run);
}

static void
say_slow(struct run *run)
{
	if (run->slow || clock_now() - run->began < SLOW_MS)
		return;
	run->slow = true;
	probe_tell(MESSAGE_PROBE_FAILED, "the command of BATON_READY has been running for 5s");
}

static void
explain(const struct run *run, int status, char *why, size_t size)
{
	char line[80];

	checkup_last_line(line, sizeof(line), run->tail, run->length);
	if (WIFSIGNALED(status))
		snprintf(why, size, "BATON_READY: killed by SIG%s", sigabbrev_np(WTERMSIG(status)));
	else
		snprintf(why, size, "BATON_READY: exit code %d", WEXITSTATUS(status));
	if (line[0] != '\0')
		text_append(why, size, ": %s", line);
}

/* 0 when it says that the candidate is ready; -1 with the reason. */
static int
run_once(const struct checkup *c, struct relay *relay, char *const environment[], char *why,
    size_t size)
{
	struct run run;
	char limit[32];
	int status = 0;
	bool late = false;

	if (begin(&run, c, environment) == -1) {
		snprintf(why, size, "BATON_READY: cannot start its command: %s", strerror(errno));
		return -1;
	}
	while (waitpid(run.pid, &status, WNOHANG) == 0 && !late) {
		wait_a_little(&run, relay);
		say_slow(&run);
		late = clock_now() - run.began > c->most;
	}
	read_output(&run);
	kill_all(&run);			/* and what it left behind */
	if (late)
		waitpid(run.pid, &status, 0);
	fd_close(&run.output);
	if (!late && WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	explain(&run, status, why, size);
	text_duration_print(limit, sizeof(limit), c->most);
	if (late)
		snprintf(why, size, "BATON_READY: its command took longer than %s", limit);
	return -1;
}

/* --- all of them ------------------------------------------------------------------------------ */

/* As the command sees them: "127.0.0.1:8080 127.0.0.1:9090"; the first alone in `first`. */
static void
name_addresses(const struct checkup *c, const struct relay *relay, char first[ADDRESS_TEXT],
    char *all, size_t size)
{
	char text[ADDRESS_TEXT];
	struct address a;
	int i;

	first[0] = all[0] = '\0';
	for (i = 0; i < c->count; i++) {
		a = c->relayed ? relay_address(relay, i) : c->targets[i];
		address_print(text, &a);
		if (i == 0)
			text_copy(first, ADDRESS_TEXT, text);
		text_append(all, size, "%s%s", i > 0 ? " " : "", text);
	}
}

int
checkup_run(const struct checkup *c)
{
	static struct relay relay;
	char first[ADDRESS_TEXT], all[RELAY_TARGETS * ADDRESS_TEXT], why[MESSAGE_TEXT];
	char **environment;

	if (relay_open(&relay, c->targets, c->relayed ? c->count : 0, c->end - c->first) == -1)
		log_die(1, "probe: cannot listen on 127.0.0.1 for BATON_READY=exec: %m");
	relay.first = c->first;
	name_addresses(c, &relay, first, all, sizeof(all));
	environment = environment_of_check(environ, c->generation, c->release, first, all);
	while (run_once(c, &relay, environment, why, sizeof(why)) == -1) {
		probe_tell(MESSAGE_PROBE_FAILED, why);
		probe_wait(AGAIN_MS);
	}
	probe_tell(MESSAGE_PROBE_PASSED, "");
	environment_free(environment);
	relay_close(&relay);
	return 0;
}

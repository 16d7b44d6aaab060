/* offer.c - the client's side of `baton upgrade`. */
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/text.h"
#include "base/wire.h"
#include "init/call.h"
#include "init/command.h"
#include "init/offer.h"
#include "init/print.h"

extern char **environ;

enum { ANSWER_MS = 5000, ANSWER = 64 };

/* --- is it one? ------------------------------------------------------------------------------- */

_Noreturn static void
ask_version(int binary, int output)
{
	char *argv[] = { (char *)"baton", (char *)"version", NULL };

	dup2(output, STDOUT_FILENO);
	syscall(SYS_execveat, binary, "", argv, environ, AT_EMPTY_PATH);
	_exit(EXIT_FAILED);
}

static void
hear_version(int from, char answer[ANSWER])
{
	struct pollfd p = { .fd = from, .events = POLLIN };
	msec until = clock_now() + ANSWER_MS;
	size_t used = 0;
	ssize_t n;

	while (used < ANSWER - 1 && poll(&p, 1, clock_patience(until, clock_now())) == 1 &&
	    (n = read(from, answer + used, ANSWER - 1 - used)) > 0)
		used += (size_t)n;
	answer[used] = '\0';
}

/* What it answers to `version`, "" when nothing comes. */
static void
try_version(int binary, char answer[ANSWER])
{
	int ends[2];
	pid_t pid;

	answer[0] = '\0';
	if (pipe2(ends, O_CLOEXEC) == -1)
		return;
	if ((pid = fork()) == 0)
		ask_version(binary, ends[1]);
	fd_close(&ends[1]);
	if (pid != -1) {
		hear_version(ends[0], answer);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	fd_close(&ends[0]);
}

/* Its descriptor, the caller's; -1 after saying what is wrong with it. */
static int
open_binary(const char *path)
{
	int fd = open(path, O_PATH | O_CLOEXEC);
	char answer[ANSWER];
	struct stat st;

	if (fd == -1 || fstat(fd, &st) == -1) {
		log_line(LOG_ERROR, "upgrade: cannot open %s: %m; nothing was changed", path);
		return -1;
	}
	if (!S_ISREG(st.st_mode) || faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == -1) {
		log_line(LOG_ERROR, "upgrade: %s is not an executable file: a binary of baton is "
		    "needed; nothing was changed", path);
		fd_close(&fd);
		return -1;
	}
	try_version(fd, answer);
	if (!text_begins(answer, "baton ") || strchr(answer, '\n') == NULL) {
		log_line(LOG_ERROR, "upgrade: %s is no baton for this machine: `%s version` does not "
		    "answer 'baton' and a version; nothing was changed", path, path);
		fd_close(&fd);
	}
	return fd;
}

/* --- the request ------------------------------------------------------------------------------ */

static int
send_request(int socket, int binary)
{
	struct message m = { .type = MESSAGE_ASK_UPGRADE };

	if (wire_send(socket, &m, binary) == 0)
		return EXIT_DONE;
	log_line(LOG_ERROR, "upgrade: cannot ask: %m");
	return EXIT_NO_INIT;
}

/* The path that the running one was started from. EXIT_DONE, or another after saying why. */
static int
ask_path(int socket, char *path, size_t size)
{
	struct message m;
	ssize_t n = -1;
	int fd = -1, result = send_request(socket, -1), got;

	if (result != EXIT_DONE)
		return result;
	if ((got = call_hear(socket, &m, &fd, CALL_PATIENCE_MS)) != 1) {
		if (got == 0)
			log_line(LOG_ERROR, "upgrade: baton did not answer");
		return EXIT_NO_INIT;
	}
	if (m.type == MESSAGE_BINARY && fd != -1)
		n = pread(fd, path, size - 1, 0);
	fd_close(&fd);
	if (n > 0) {
		path[n] = '\0';
		return EXIT_DONE;
	}
	log_line(LOG_ERROR, "upgrade: %s", m.type == MESSAGE_DONE ? m.text : "the path that baton was "
	    "started from cannot be had: give one");
	return EXIT_FAILED;
}

static int
follow(int socket, const char *path)
{
	struct message m;
	int fd = -1, got;

	while ((got = call_hear(socket, &m, &fd, -1)) == 1 && m.type == MESSAGE_STEP) {
		print_safe(stdout, m.text);
		putchar('\n');
		fd_close(&fd);
	}
	fd_close(&fd);
	if (got != 1)
		return EXIT_NO_INIT;
	if (m.type != MESSAGE_DONE) {
		log_line(LOG_ERROR, "upgrade: baton has no room for the descriptor of %s: not upgraded",
		    path);
		return EXIT_FAILED;
	}
	if (m.code != EXIT_DONE)
		log_line(LOG_ERROR, "upgrade: not upgraded to %s: %s; the old one goes on", path, m.text);
	return m.code;
}

int
offer(int socket, const char *path)
{
	char found[PATH_MAX];
	int result = EXIT_DONE, binary;

	if (path == NULL) {
		result = ask_path(socket, found, sizeof(found));
		path = found;
	}
	if (result != EXIT_DONE)
		return result;
	if ((binary = open_binary(path)) == -1)
		return EXIT_FAILED;
	result = send_request(socket, binary);
	fd_close(&binary);
	return result == EXIT_DONE ? follow(socket, path) : result;
}

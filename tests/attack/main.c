/*
 * main.c - attack NAME [ARGUMENT]: prints "did NAME", "refused NAME: ERRNO" or "cannot NAME: why".
 *
 * Several at once: NAME[=ARGUMENT]... each in a process of its own, with five seconds.
 */
#include <sys/wait.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/attack/attack.h"

enum { PATIENCE_S = 5 };

static const struct attack *const rooms[] = {
	attacks_on_files, attacks_on_processes, attacks_by_sockets, attacks_on_kernel,
};

int
attack_refused(int error)
{
	errno = error;
	return -1;
}

const char *
attack_out(const char *name)
{
	static char paths[2][PATH_MAX];
	static int turn;
	const char *out = getenv("BATON_OUT");

	turn = !turn;
	snprintf(paths[turn], sizeof(paths[turn]), "%s/%s", out != NULL ? out : ".", name);
	return paths[turn];
}

/* Its command line, with spaces. */
static void
command_line(const char *pid, char *to, size_t size)
{
	char path[64];
	ssize_t n = -1, i;
	int fd;

	snprintf(path, sizeof(path), "/proc/%.20s/cmdline", pid);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) != -1) {
		n = read(fd, to, size - 1);
		close(fd);
	}
	to[n > 0 ? n : 0] = '\0';
	for (i = 0; i < n - 1; i++)
		if (to[i] == '\0')
			to[i] = ' ';
}

static pid_t
find(const char *words)
{
	DIR *directory = opendir("/proc");
	struct dirent *entry;
	char line[512];
	pid_t found = 0;

	if (directory == NULL)
		return 0;
	while (found == 0 && (entry = readdir(directory)) != NULL) {
		if (*entry->d_name < '1' || *entry->d_name > '9')
			continue;
		command_line(entry->d_name, line, sizeof(line));
		if (strstr(line, words) != NULL && atoi(entry->d_name) != getpid())
			found = atoi(entry->d_name);
	}
	closedir(directory);
	return found;
}

pid_t
attack_victim(const char *argument)
{
	static const char *const known[][2] = {
		{ "keeper", "baton keeper" }, { "watcher", "baton watch" },
		{ "builder", "baton builder" }, { "worker", "epoll --port" },
	};
	size_t i;

	if (strcmp(argument, "init") == 0)
		return 1;
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(argument, known[i][0]) == 0)
			return find(known[i][1]);
	return atoi(argument);
}

static const struct attack *
look_up(const char *name)
{
	const struct attack *a;
	size_t i;

	for (i = 0; i < sizeof(rooms) / sizeof(rooms[0]); i++)
		for (a = rooms[i]; a->name != NULL; a++)
			if (strcmp(a->name, name) == 0)
				return a;
	return NULL;
}

static const char *
error_name(int error)
{
	return strerrorname_np(error) != NULL ? strerrorname_np(error) : "?";
}

static void
attempt(const struct attack *a, const char *label, const char *argument)
{
	errno = 0;
	if (a->run(argument) == 0)
		printf("did %s\n", label);
	else if (errno == NO_VICTIM)
		printf("cannot %s: no victim\n", label);
	else
		printf("refused %s: %s\n", label, error_name(errno));
	fflush(stdout);
	_exit(0);
}

static void
one(const char *label)
{
	char *name = strdup(label), *argument = strchr(name, '=');
	const struct attack *a;
	int status = 0;
	pid_t pid;

	if (argument != NULL)
		*argument++ = '\0';
	if ((a = look_up(name)) == NULL) {
		printf("cannot %s: no such attack\n", label);
		return;
	}
	fflush(stdout);
	if ((pid = fork()) == 0) {
		alarm(PATIENCE_S);
		attempt(a, label, argument != NULL ? argument : "");
	}
	waitpid(pid, &status, 0);
	if (WIFSIGNALED(status))
		printf("refused %s: signal %d\n", label, WTERMSIG(status));
	free(name);
}

int
main(int argc, char *argv[])
{
	const struct attack *a;
	size_t i;
	int at;

	/* it has become what it executed: by memfd, or with a set-id bit */
	if (strcmp(argv[0], "again") == 0)
		return look_up(argv[1])->run("again");
	if (argc == 2 && strcmp(argv[1], "--list") == 0)
		for (i = 0; i < sizeof(rooms) / sizeof(rooms[0]); i++)
			for (a = rooms[i]; a->name != NULL; a++)
				printf("%s\n", a->name);
	else
		for (at = 1; at < argc; at++)
			one(argv[at]);
	return 0;
}

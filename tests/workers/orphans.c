/*
 * orphans.c - leaves processes behind that nobody but an init waits for.
 *
 *     orphans one-by-one N    N that end at once, 100 parents a turn
 *     orphans at-once N       N that live together and end at the same moment
 *     orphans daemons N       N that are sessions of their own and live for 50 ms
 *
 * Says "done" when it has waited for all that it has to wait for itself, then exits with 7 as soon
 * as a line comes in or its stdin is closed.
 */
#include <sys/mman.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TURN = 100, STACK = 8192, DAEMON_US = 50000 };

static void
fail(const char *what)
{
	perror(what);
	exit(1);
}

/* Waits for a process that ended well, and only for it. */
static void
await(pid_t pid)
{
	int status;

	if (pid == -1)
		fail("orphans: cannot fork");
	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			fail("orphans: cannot wait");
	if (status != 0)
		exit(1);
}

static void
one_by_one(int count)
{
	pid_t pid;
	int i;

	for (; count > 0; count -= TURN) {
		if ((pid = fork()) == 0) {
			for (i = 0; i < TURN && i < count; i++)
				if (fork() == 0)
					_exit(0);
			_exit(0);
		}
		await(pid);
	}
}

static void
daemons(int count)
{
	pid_t pid;

	while (count-- > 0) {
		if ((pid = fork()) == 0) {
			setsid();
			if (fork() == 0) {
				usleep(DAEMON_US);
				_exit(0);
			}
			_exit(0);
		}
		await(pid);
	}
}

static int
sleeper(void *pipe)
{
	char byte;

	while (read(*(int *)pipe, &byte, 1) == -1)
		;
	_exit(0);
}

/* They share the memory of their parent: ten thousand address spaces would not fit everywhere. */
static void
at_once(int count)
{
	char *stacks;
	int ends[2], i;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) == -1)
		fail("orphans: cannot make a pipe");
	if ((pid = fork()) == 0) {
		close(ends[1]);
		stacks = mmap(NULL, (size_t)count * STACK, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (stacks == MAP_FAILED)
			fail("orphans: no memory");
		for (i = 0; i < count; i++)
			if (clone(sleeper, stacks + (size_t)(i + 1) * STACK,
			    CLONE_VM | CLONE_FS | CLONE_FILES | SIGCHLD, &ends[0]) == -1)
				fail("orphans: cannot clone");
		_exit(0);
	}
	await(pid);
	close(ends[1]);
}

int
main(int argc, char **argv)
{
	char byte;

	if (argc != 3)
		return 64;
	signal(SIGCHLD, SIG_DFL);	/* ignored, there would be nobody to wait for */
	if (strcmp(argv[1], "one-by-one") == 0)
		one_by_one(atoi(argv[2]));
	else if (strcmp(argv[1], "daemons") == 0)
		daemons(atoi(argv[2]));
	else
		at_once(atoi(argv[2]));
	puts("done");
	fflush(stdout);
	if (read(STDIN_FILENO, &byte, 1) == -1)
		return 1;
	return 7;
}

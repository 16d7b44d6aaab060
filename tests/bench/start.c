/*
 * start.c - how long it is from the exec of an init to the main of its command, and from there to
 * the init's own end.
 *
 *     bench-start ROUNDS NAME COMMAND [ARGUMENT...] [+ NAME COMMAND...]...
 *
 * Each command runs as PID 1 of a pid namespace of its own, and somewhere below it bench-mark runs.
 * The commands take turns, so that noise hits all alike. Prints, one line each, the name and
 * microseconds: median and p10 of the start, median of the end. As root.
 */
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { SUBJECTS = 8, ROUNDS = 1000, WARM_UP = 3, PATIENCE_MS = 5000 };

struct subject {
	char *name, **command;
	int count, failed;
	double start[ROUNDS], end[ROUNDS];	/* microseconds */
};

static struct subject subjects[SUBJECTS];
static int subject_count;
static long long *begun;		/* shared with the child, which sets it and execs */

static long long
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void
fail(const char *what)
{
	perror(what);
	exit(1);
}

_Noreturn static void
become(char **command, int out)
{
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1 ||
	    mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == -1 ||
	    mount("tmpfs", "/run", "tmpfs", MS_NOSUID | MS_NODEV, NULL) == -1)
		fail("cannot mount /proc and /run");
	dup2(out, STDOUT_FILENO);
	*begun = now_ns();
	execvp(command[0], command);
	fail(command[0]);
	_exit(127);
}

/* Returns whether the mark came; an init that hangs is killed. */
static int
read_mark(int from, pid_t pid, long long *mark)
{
	struct pollfd p = { .fd = from, .events = POLLIN };

	if (poll(&p, 1, PATIENCE_MS) == 1 && read(from, mark, sizeof(*mark)) == sizeof(*mark))
		return 1;
	kill(pid, SIGKILL);
	return 0;
}

static void
run_once(struct subject *s, int keep)
{
	long long mark, ended;
	int ends[2], came;
	pid_t pid;

	if (pipe(ends) == -1)
		fail("pipe");
	pid = (pid_t)syscall(SYS_clone, CLONE_NEWPID | CLONE_NEWNS | SIGCHLD, 0, 0, 0, 0);
	if (pid == -1)
		fail("cannot make a pid namespace");
	if (pid == 0)
		become(s->command, ends[1]);
	close(ends[1]);
	came = read_mark(ends[0], pid, &mark);
	waitpid(pid, NULL, 0);
	ended = now_ns();
	close(ends[0]);
	s->failed += !came;
	if (!came || !keep)
		return;
	s->start[s->count] = (double)(mark - *begun) / 1000;
	s->end[s->count++] = (double)(ended - mark) / 1000;
}

static int
by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void
print(struct subject *s)
{
	if (s->count == 0) {
		printf("%s failed\n", s->name);
		return;
	}
	qsort(s->start, (size_t)s->count, sizeof(double), by_size);
	qsort(s->end, (size_t)s->count, sizeof(double), by_size);
	printf("%s %.0f %.0f %.0f %d\n", s->name, s->start[s->count / 2], s->start[s->count / 10],
	    s->end[s->count / 2], s->failed);
}

static void
read_subjects(char *argv[])
{
	while (*argv != NULL && argv[1] != NULL && subject_count < SUBJECTS) {
		subjects[subject_count].name = argv[0];
		subjects[subject_count++].command = ++argv;
		while (*argv != NULL && strcmp(*argv, "+") != 0)
			argv++;
		if (*argv != NULL)
			*argv++ = NULL;
	}
}

int
main(int argc, char *argv[])
{
	int rounds = argc > 3 ? atoi(argv[1]) : 0, round, i;

	if (rounds < 1 || rounds > ROUNDS)
		return 64;
	read_subjects(argv + 2);
	begun = mmap(NULL, sizeof(*begun), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (begun == MAP_FAILED)
		fail("mmap");
	for (round = -WARM_UP; round < rounds; round++)
		for (i = 0; i < subject_count; i++)
			run_once(&subjects[i], round >= 0);
	for (i = 0; i < subject_count; i++)
		print(&subjects[i]);
	return 0;
}

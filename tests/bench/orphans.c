/*
 * orphans.c - makes orphans, and measures how fast whoever inherits them reaps them.
 *
 *     bench-orphans one COUNT [FILE]      each is made when the one before is reaped
 *     bench-orphans stream COUNT [FILE]   as fast as they can be made
 *     bench-orphans burst COUNT [FILE]    all at once, ended already
 *
 * An orphan is reaped when kill(pid, 0) says that it is not there: that costs the reaper nothing.
 * With FILE it begins when that exists, so that a counter can be attached before. It prints one line:
 * "one" orphans a second, microseconds from the end of an orphan to its reaping (median, p90);
 * "stream" orphans a second, the most there were unreaped; "burst" orphans reaped a second.
 */
#include <sys/mman.h>
#include <sys/wait.h>

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 100000, PATIENCE_S = 30 };

/* What the generator and those in between share. */
static struct shared {
	long long parent_ended;		/* when the parent of a burst was about to end */
	volatile pid_t pids[MOST];
} *shared;

static int gone;			/* of pids, those before are reaped */

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

static void
look(int made)
{
	while (gone < made && kill(shared->pids[gone], 0) == -1 && errno == ESRCH)
		gone++;
}

/* Wait until all are reaped; give up where nobody reaps. */
static void
await(int made)
{
	long long until = now_ns() + PATIENCE_S * 1000000000LL;

	for (look(made); gone < made; look(made)) {
		sched_yield();
		if (now_ns() > until) {
			printf("failed: %d of %d are not reaped after %d s\n", made - gone, made,
			    PATIENCE_S);
			exit(1);
		}
	}
}

/* --- one by one ------------------------------------------------------------------------------- */

/* What is in between: it starts the orphan, says who that is, and ends. */
_Noreturn static void
start_waiting(int index, const int gate[2])
{
	pid_t pid = fork();
	char c;

	if (pid == 0) {
		close(gate[1]);
		_exit(read(gate[0], &c, 1) != 0);
	}
	shared->pids[index] = pid;
	_exit(0);
}

/* An orphan that ends when its gate is closed. Returns the gate. */
static int
make_waiting(int index)
{
	int gate[2];
	pid_t parent;

	if (pipe(gate) == -1 || (parent = fork()) == -1)
		fail("cannot make an orphan");
	if (parent == 0)
		start_waiting(index, gate);
	waitpid(parent, NULL, 0);
	close(gate[0]);
	return gate[1];
}

static int
by_size(const void *a, const void *b)
{
	const long long *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void
one_by_one(int count)
{
	static long long took[MOST];
	long long began = now_ns(), at;
	int i, gate;

	for (i = 0; i < count; i++) {
		gate = make_waiting(i);
		at = now_ns();
		close(gate);
		await(i + 1);
		took[i] = now_ns() - at;
	}
	at = now_ns() - began;
	qsort(took, (size_t)count, sizeof(*took), by_size);
	printf("%.0f %.0f %.0f\n", count * 1e9 / (double)at, (double)took[count / 2] / 1e3,
	    (double)took[count * 9L / 10] / 1e3);
}

/* --- as fast as they can be made -------------------------------------------------------------- */

_Noreturn static void
start_brief(int index)
{
	pid_t pid = fork();

	if (pid != 0)
		shared->pids[index] = pid;
	_exit(0);
}

static void
stream(int count)
{
	long long began = now_ns();
	int worst = 0, i;
	pid_t parent;

	for (i = 0; i < count; i++) {
		if ((parent = fork()) == -1)
			fail("cannot make an orphan");
		if (parent == 0)
			start_brief(i);
		waitpid(parent, NULL, 0);
		look(i + 1);
		worst = i + 1 - gone > worst ? i + 1 - gone : worst;
	}
	await(count);
	printf("%.0f %d\n", count * 1e9 / (double)(now_ns() - began), worst);
}

/* --- all at once ------------------------------------------------------------------------------ */

static pid_t
start_ended(void)
{
	pid_t pid = vfork();

	if (pid == 0)
		_exit(0);
	return pid;
}

/* The parent of them all: it does not wait for them, and leaves. */
_Noreturn static void
leave_behind(int count)
{
	int i;

	for (i = 0; i < count; i++)
		shared->pids[i] = start_ended();
	shared->parent_ended = now_ns();
	_exit(0);
}

static void
burst(int count)
{
	pid_t parent = fork();

	if (parent == -1)
		fail("fork");
	if (parent == 0)
		leave_behind(count);
	waitpid(parent, NULL, 0);
	await(count);
	printf("%.0f\n", count * 1e9 / (double)(now_ns() - shared->parent_ended));
}

int
main(int argc, char *argv[])
{
	int count = argc > 2 ? atoi(argv[2]) : 0;

	if (count < 1 || count > MOST)
		return 64;
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
	    -1, 0);
	if (shared == MAP_FAILED)
		fail("mmap");
	while (argc > 3 && access(argv[3], F_OK) == -1)
		usleep(5000);
	if (strcmp(argv[1], "one") == 0)
		one_by_one(count);
	else if (strcmp(argv[1], "stream") == 0)
		stream(count);
	else if (strcmp(argv[1], "burst") == 0)
		burst(count);
	else
		return 64;
	return 0;
}

/* cage.c - nothing survives. */
#include <sys/prctl.h>
#include <sys/wait.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "watcher/cage.h"

enum { MOST_PASSES = 1000 };

struct process {
	pid_t pid, parent;
	char state;
	bool ours;
};

struct processes {
	struct process *at;
	size_t count;
};

static bool in_scope;

void
cage_enter(bool scoped)
{
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	in_scope = scoped;
}

/* The name in /proc/PID/stat may hold anything; what follows its last ')' is "STATE PARENT". */
static int
read_process(struct process *p, const char *pid)
{
	char path[64], text[512];
	const char *end;
	int parent;

	snprintf(path, sizeof(path), "/proc/%.20s/stat", pid);
	if (fd_read_text(AT_FDCWD, path, text, sizeof(text)) == -1 ||
	    (end = strrchr(text, ')')) == NULL || sscanf(end, ") %c %d", &p->state, &parent) != 2)
		return -1;
	p->pid = atoi(pid);
	p->parent = parent;
	p->ours = parent == getpid();
	return 0;
}

static struct processes
list_processes(void)
{
	struct processes all = { NULL, 0 };
	DIR *directory = opendir("/proc");
	struct dirent *entry;
	struct process p;

	if (directory == NULL)
		return all;
	while ((entry = readdir(directory)) != NULL) {
		if (*entry->d_name < '1' || *entry->d_name > '9' ||
		    read_process(&p, entry->d_name) == -1)
			continue;
		if ((all.at = reallocarray(all.at, all.count + 1, sizeof(*all.at))) == NULL)
			abort();
		all.at[all.count++] = p;
	}
	closedir(directory);
	return all;
}

static int
by_pid(const void *a, const void *b)
{
	return ((const struct process *)a)->pid - ((const struct process *)b)->pid;
}

static bool
is_ours(const struct processes *all, pid_t pid)
{
	const struct process wanted = { .pid = pid };
	const struct process *found = bsearch(&wanted, all->at, all->count, sizeof(wanted), by_pid);

	return found != NULL && found->ours;
}

/* Whose parent is ours is ours: again, until that finds no more. */
static void
mark_descendants(struct processes *all)
{
	bool found;
	size_t i;

	if (all->count > 0)
		qsort(all->at, all->count, sizeof(*all->at), by_pid);
	do {
		found = false;
		for (i = 0; i < all->count; i++) {
			if (all->at[i].ours || !is_ours(all, all->at[i].parent))
				continue;
			all->at[i].ours = found = true;
		}
	} while (found);
}

static bool
lives(const struct process *p)
{
	return p->ours && p->state != 'Z' && p->state != 'X';
}

size_t
cage_count(void)
{
	struct processes all = list_processes();
	size_t count = 0, i;

	mark_descendants(&all);
	for (i = 0; i < all.count; i++)
		count += lives(&all.at[i]);
	free(all.at);
	return count;
}

/* Send a signal to every descendant. How many of them did still run? */
static size_t
signal_descendants(int signal)
{
	struct processes all = list_processes();
	size_t running = 0, i;

	mark_descendants(&all);
	for (i = 0; i < all.count; i++) {
		if (!lives(&all.at[i]))
			continue;
		running += all.at[i].state != 'T';
		kill(all.at[i].pid, signal);
	}
	free(all.at);
	return running;
}

static void
kill_by_list(void)
{
	const struct timespec moment = { .tv_nsec = 1000 * 1000 };
	int passes;

	for (passes = 0; passes < MOST_PASSES && signal_descendants(SIGSTOP) > 0; passes++)
		nanosleep(&moment, NULL);
	signal_descendants(SIGKILL);
}

bool
cage_signal(int signal)
{
	if (in_scope)
		kill(-1, signal);
	return in_scope;
}

void
cage_empty(void)
{
	const struct timespec moment = { .tv_nsec = 1000 * 1000 };
	pid_t pid;

	for (;;) {
		if (in_scope)
			kill(-1, SIGKILL);
		else
			kill_by_list();
		/* orphans come to us before their parent can be reaped: ECHILD means nobody */
		while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
			;
		if (pid == -1 && errno == ECHILD)
			return;
		nanosleep(&moment, NULL);
	}
}

/* background.c - which process a worker is, now that it went to the background. */
#include <sys/stat.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/descend.h"
#include "base/fd.h"
#include "base/proc.h"
#include "handoff/keep.h"
#include "handoff/owners.h"

struct search {
	const struct keeper *keeper;
	int worker;
	bool holds;			/* who is looked at just now, or somebody below it */
	pid_t holder;			/* the first who does */
	pid_t other;			/* the last who does not ... */
	int others;			/* ... of so many */
};

static void
found_socket(void *with, uint64_t inode, pid_t pid, int fd)
{
	struct search *s = with;
	struct stat slot;
	int i;

	(void)pid;
	(void)fd;
	for (i = 0; i < s->keeper->slot_count; i++)
		s->holds = s->holds ||
		    (fstat(s->keeper->slots[i].sockets[s->worker], &slot) == 0 && slot.st_ino == inode);
}

static bool
is_worker(const struct keeper *k, pid_t pid)
{
	int i;

	for (i = 0; i < k->config->workers; i++)
		if (k->workers[i].pid == pid)
			return true;
	return false;
}

/* Not a zombie (proc(5), stat: the state follows the name). */
static bool
lives(pid_t pid)
{
	char path[32], text[512];
	const char *end;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	return fd_read_text(AT_FDCWD, path, text, sizeof(text)) > 0 &&
	    (end = strrchr(text, ')')) != NULL && strncmp(end, ") Z", 3) != 0;
}

/* The keeper's own children: its workers, and who lost its parent below it. */
static void
consider(pid_t pid, int depth, void *with)
{
	struct search *s = with;

	if (depth != 1 || is_worker(s->keeper, pid) || !lives(pid))
		return;
	s->holds = false;
	owners_walk(pid, found_socket, s);
	if (s->holds && s->holder == 0)
		s->holder = pid;
	if (!s->holds) {
		s->other = pid;
		s->others++;
	}
}

pid_t
background_heir(const struct keeper *k, int index)
{
	struct search s = { .keeper = k, .worker = index };

	if (proc_is_ours())
		descend("/proc", getpid(), consider, &s);
	if (s.holder != 0)
		return s.holder;
	return s.others == 1 ? s.other : 0;
}

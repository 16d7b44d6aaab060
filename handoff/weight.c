/* weight.c - how much memory a worker and all below it have. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/descend.h"
#include "base/fd.h"
#include "base/proc.h"
#include "handoff/weight.h"

/* "Pss:      1234 kB" */
static int64_t
proportional(pid_t pid)
{
	char path[48], text[2048];
	const char *line;

	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid);
	if (fd_read_text(AT_FDCWD, path, text, sizeof(text)) <= 0 ||
	    (line = strstr(text, "\nPss:")) == NULL)
		return -1;
	return strtoll(line + strlen("\nPss:"), NULL, 10) * 1024;
}

/* The second number of statm. */
static int64_t
resident(pid_t pid)
{
	char path[48], text[128];
	const char *second;

	snprintf(path, sizeof(path), "/proc/%d/statm", (int)pid);
	if (fd_read_text(AT_FDCWD, path, text, sizeof(text)) <= 0 ||
	    (second = strchr(text, ' ')) == NULL)
		return 0;
	return strtoll(second, NULL, 10) * sysconf(_SC_PAGESIZE);
}

static void
add(pid_t pid, int depth, void *with)
{
	int64_t *sum = with, bytes = proportional(pid);

	(void)depth;
	*sum += bytes != -1 ? bytes : resident(pid);
}

int64_t
weight_of(pid_t pid)
{
	int64_t sum = 0;

	if (proc_is_ours())
		descend("/proc", pid, add, &sum);
	return sum;
}

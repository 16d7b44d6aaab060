/* cgroup_file.c - the files of a cgroup's directory. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "watcher/cgroup_file.h"

int
cgroup_file_open(const char *directory, const char *name, int flags)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s", directory, name) >= (int)sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return open(path, flags | O_CLOEXEC);
}

int
cgroup_file_put(const char *directory, const char *name, const char *value)
{
	int fd = cgroup_file_open(directory, name, O_WRONLY), result;

	if (fd == -1)
		return -1;
	result = fd_write_all(fd, value, strlen(value));
	fd_close(&fd);
	return result;
}

bool
cgroup_file_has(const char *directory, const char *name)
{
	int fd = cgroup_file_open(directory, name, O_WRONLY);
	bool is = fd != -1;

	fd_close(&fd);
	return is;
}

bool
cgroup_file_each(const char *directory, cgroup_process *call, void *with)
{
	int fd = cgroup_file_open(directory, "cgroup.procs", O_RDONLY), pid;
	FILE *list = fd != -1 ? fdopen(fd, "r") : NULL;
	bool all = true;

	if (list == NULL) {
		fd_close(&fd);
		return false;
	}
	while (all && fscanf(list, "%d", &pid) == 1)
		all = call(pid, with);
	fclose(list);
	return all;
}

static bool
is_nobody(int pid, void *with)
{
	(void)pid, (void)with;
	return false;
}

bool
cgroup_file_empty(const char *directory)
{
	return cgroup_file_each(directory, is_nobody, NULL);
}

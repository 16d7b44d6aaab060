/*
 * cgroup_file.h - the files of a cgroup's directory: numbers and words, and the list of processes.
 */
#ifndef WATCHER_CGROUP_FILE_H
#define WATCHER_CGROUP_FILE_H

#include <stdbool.h>

/* Open, O_CLOEXEC. -1 with errno. */
int cgroup_file_open(const char *directory, const char *name, int flags);

/* Write a value. 0 or -1 with errno. */
int cgroup_file_put(const char *directory, const char *name, const char *value);

/* Is it there, and could we write to it? */
bool cgroup_file_has(const char *directory, const char *name);

typedef bool cgroup_process(int pid, void *with);

/*
 * Call for each process of the cgroup (0: one that is not of our namespace) until that says false.
 * True when all were called for; false, too, when they cannot be listed.
 */
bool cgroup_file_each(const char *directory, cgroup_process *call, void *with);

/* Can they be listed, and is there none? */
bool cgroup_file_empty(const char *directory);

#endif

/* owners.c - whose sockets. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "handoff/owners.h"

enum { DEPTH_MOST = 16, CHILDREN_TEXT = 16384 };

static void
sockets_of(pid_t pid, owners_found *found, void *context)
{
	static const char prefix[] = "socket:[";
	char path[32], link[64];
	struct dirent *entry;
	DIR *directory;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	if ((directory = opendir(path)) == NULL)
		return;
	while ((entry = readdir(directory)) != NULL) {
		n = readlinkat(dirfd(directory), entry->d_name, link, sizeof(link) - 1);
		if (n <= 0)
			continue;
		link[n] = '\0';
		if (text_begins(link, prefix))
			found(context, strtoull(link + sizeof(prefix) - 1, NULL, 10), pid,
			    atoi(entry->d_name));
	}
	closedir(directory);
}

static void walk(pid_t pid, int depth, owners_found *found, void *context);

/* Children are listed with the thread that made them. */
static void
walk_children(const char *threads, const char *thread, int depth, owners_found *found,
    void *context)
{
	char path[320], text[CHILDREN_TEXT], *at = text, *end;
	long pid;

	snprintf(path, sizeof(path), "%s/%.200s/children", threads, thread);
	if (fd_read_text(AT_FDCWD, path, text, sizeof(text)) == -1)
		return;
	while ((pid = strtol(at, &end, 10)) > 0 && end != at) {
		walk((pid_t)pid, depth + 1, found, context);
		at = end;
	}
}

static void
walk(pid_t pid, int depth, owners_found *found, void *context)
{
	char threads[32];
	struct dirent *entry;
	DIR *directory;

	if (depth > DEPTH_MOST)
		return;
	sockets_of(pid, found, context);
	snprintf(threads, sizeof(threads), "/proc/%d/task", (int)pid);
	if ((directory = opendir(threads)) == NULL)
		return;
	while ((entry = readdir(directory)) != NULL)
		if (entry->d_name[0] != '.')
			walk_children(threads, entry->d_name, depth, found, context);
	closedir(directory);
}

void
owners_walk(pid_t root, owners_found *found, void *context)
{
	walk(root, 0, found, context);
}

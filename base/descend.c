/* descend.c - a process and all below it. */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/descend.h"
#include "base/fd.h"

enum { DEEPEST = 32 };

struct walk {
	const char *proc;
	descend_call *call;
	void *with;
};

static void visit(const struct walk *w, pid_t pid, int depth);

/* Whoever this thread forked. */
static void
visit_children(const struct walk *w, pid_t pid, const char *thread, int depth)
{
	char path[PATH_MAX], text[16384], *at = text, *end;
	long child;

	snprintf(path, sizeof(path), "%s/%d/task/%s/children", w->proc, (int)pid, thread);
	if (fd_read_text(AT_FDCWD, path, text, sizeof(text)) <= 0)
		return;
	/* the last number may be cut, and a cut number is somebody else */
	while ((child = strtol(at, &end, 10)) > 0 && *end == ' ') {
		visit(w, (pid_t)child, depth + 1);
		at = end;
	}
}

static void
visit(const struct walk *w, pid_t pid, int depth)
{
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *threads;

	w->call(pid, depth, w->with);
	snprintf(path, sizeof(path), "%s/%d/task", w->proc, (int)pid);
	if (depth == DEEPEST || (threads = opendir(path)) == NULL)
		return;
	while ((entry = readdir(threads)) != NULL)
		if (entry->d_name[0] != '.')
			visit_children(w, pid, entry->d_name, depth);
	closedir(threads);
}

void
descend(const char *proc, pid_t pid, descend_call *call, void *with)
{
	visit(&(struct walk){ proc, call, with }, pid, 0);
}

/* cgroup.c - a cgroup for the build. */
#include <sys/file.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/hierarchy.h"
#include "base/text.h"
#include "watcher/cgroup.h"
#include "watcher/cgroup_file.h"
#include "watcher/cgroup_place.h"

enum { MOST = 64, PASSES = 100, STAT_TEXT = 8192 };

/* A file of version 2, and of version 1, that is there when the controller is. */
static const struct {
	const char *second, *first;
} files[CGROUP_CONTROLLERS] = {
	[CGROUP_MEMORY] = { "memory.max", "memory.limit_in_bytes" },
	[CGROUP_CPU] = { "cpu.weight", "cpu.shares" },
	[CGROUP_PIDS] = { "pids.max", "pids.max" },
};

void
cgroup_init(struct cgroup *g)
{
	int c;

	*g = (struct cgroup){ .limit = -1, .kill = -1, .idle = -1, .weight = -1 };
	for (c = 0; c < CGROUP_CONTROLLERS; c++)
		g->enter[c] = g->lock[c] = -1;
}

static bool
kill_one(int pid, void *with)
{
	(void)with;
	if (pid > 1)
		kill(pid, SIGKILL);
	return true;
}

/* Number n below this directory, held by us alone: its descriptor, or -1. */
static int
take(const char *directory, int n, char path[PATH_MAX])
{
	int fd;

	if (snprintf(path, PATH_MAX, "%s/baton-build.%d", directory, n) >= PATH_MAX ||
	    (mkdir(path, 0755) == -1 && errno != EEXIST) ||
	    (fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1)
		return -1;
	if (flock(fd, LOCK_EX | LOCK_NB) == -1)
		fd_close(&fd);
	return fd;
}

static void
empty(const char *directory)
{
	const struct timespec moment = { .tv_nsec = 1000 * 1000 };
	int passes;

	cgroup_file_put(directory, "cgroup.kill", "1");
	for (passes = 0; passes < PASSES && !cgroup_file_empty(directory); passes++) {
		cgroup_file_each(directory, kill_one, NULL);
		nanosleep(&moment, NULL);
	}
}

/* Those of watchers that died, and have left a build in them perhaps. */
static void
sweep(const char *directory, int own)
{
	char path[PATH_MAX];
	int n, fd;

	for (n = 0; n < MOST; n++) {
		if (n == own || snprintf(path, sizeof(path), "%s/baton-build.%d", directory, n) >=
		    (int)sizeof(path) || access(path, F_OK) == -1 ||
		    (fd = take(directory, n, path)) == -1)
			continue;
		empty(path);
		rmdir(path);
		fd_close(&fd);
	}
}

/* The first one below this directory that nobody holds; those after it are free, or left behind. */
static bool
make_below(struct cgroup *g, const char *directory, enum cgroup_controller c)
{
	int n;

	for (n = 0; n < MOST && g->lock[c] == -1; n++)
		g->lock[c] = take(directory, n, g->path[c]);
	if (g->lock[c] == -1) {
		g->path[c][0] = '\0';
		return false;
	}
	empty(g->path[c]);
	sweep(directory, n - 1);
	return true;
}

static void
make_second(struct cgroup *g, const struct hierarchy *h, int init)
{
	char directory[PATH_MAX], made[PATH_MAX];
	int c;

	if (!cgroup_place_second(h, init, directory) || !make_below(g, directory, CGROUP_MEMORY))
		return;
	text_copy(made, sizeof(made), g->path[0]);
	for (c = 0; c < CGROUP_CONTROLLERS; c++) {
		g->path[c][0] = '\0';
		if (!cgroup_file_has(made, files[c].second))
			continue;
		text_copy(g->path[c], PATH_MAX, made);
		g->version = 2;
	}
	if (g->version == 0)
		rmdir(made);
}

static void
make_first(struct cgroup *g, const struct hierarchy *h)
{
	char directory[PATH_MAX];
	int c;

	for (c = 0; c < CGROUP_CONTROLLERS; c++) {
		if (!cgroup_place_first(h, (enum cgroup_controller)c, directory) ||
		    !make_below(g, directory, (enum cgroup_controller)c))
			continue;
		g->version = 1;
		/* the root of a tree may have it not, but what is below it does */
		if (!cgroup_file_has(g->path[c], files[c].first)) {
			rmdir(g->path[c]);
			g->path[c][0] = '\0';
		}
	}
}

void
cgroup_make(struct cgroup *g, const char *mounts, const char *own, int init)
{
	struct hierarchy h;

	cgroup_init(g);
	hierarchy_read(&h, mounts, own);
	make_second(g, &h, init);
	if (g->version == 0)
		make_first(g, &h);
}

void
cgroup_summary(const struct cgroup *g, char *to, size_t size)
{
	const char *between = "";
	int c;

	*to = '\0';
	if (g->version == 0)
		return;
	text_append(to, size, "v%d ", g->version);
	for (c = 0; c < CGROUP_CONTROLLERS; c++) {
		if (g->path[c][0] == '\0')
			continue;
		text_append(to, size, "%s%s", between, cgroup_place_names[c]);
		between = ", ";
	}
}

void
cgroup_print(const struct cgroup *g, char *to, size_t size)
{
	int c;

	*to = '\0';
	text_append(to, size, "%d", g->version);
	for (c = 0; c < CGROUP_CONTROLLERS; c++)
		text_append(to, size, ":%s", g->path[c]);
}

void
cgroup_parse(struct cgroup *g, const char *text)
{
	int c;

	g->version = atoi(text);
	text += strcspn(text, ":");
	for (c = 0; c < CGROUP_CONTROLLERS && *text == ':'; c++) {
		size_t length = strcspn(++text, ":");

		if (length < PATH_MAX)
			snprintf(g->path[c], PATH_MAX, "%.*s", (int)length, text);
		text += length;
	}
}

/* Of version 2 there is one directory for all controllers. */
static bool
is_again(const struct cgroup *g, int c)
{
	int before;

	for (before = 0; before < c; before++)
		if (strcmp(g->path[before], g->path[c]) == 0)
			return true;
	return false;
}

void
cgroup_open(struct cgroup *g)
{
	int c;

	for (c = 0; c < CGROUP_CONTROLLERS; c++) {
		if (g->path[c][0] == '\0' || is_again(g, c))
			continue;
		g->enter[c] = cgroup_file_open(g->path[c], "cgroup.procs", O_WRONLY);
		if (g->version == 2)
			g->kill = cgroup_file_open(g->path[c], "cgroup.kill", O_WRONLY);
	}
	if (g->path[CGROUP_MEMORY][0] != '\0')
		g->limit = cgroup_file_open(g->path[CGROUP_MEMORY], g->version == 2 ?
		    "memory.max" : "memory.limit_in_bytes", O_WRONLY);
	if (g->path[CGROUP_CPU][0] == '\0')
		return;
	g->idle = cgroup_file_open(g->path[CGROUP_CPU], "cpu.idle", O_WRONLY);
	g->weight = cgroup_file_open(g->path[CGROUP_CPU], g->version == 2 ? "cpu.weight" :
	    "cpu.shares", O_WRONLY);
}

static void
write_to(int fd, const char *text)
{
	if (fd != -1)
		fd_write_all(fd, text, strlen(text));
}

void
cgroup_enter(const struct cgroup *g)
{
	int c;

	for (c = 0; c < CGROUP_CONTROLLERS; c++)
		write_to(g->enter[c], "0");
}

int
cgroup_set(const struct cgroup *g, enum cgroup_controller which, const char *file,
    const char *value)
{
	if (g->path[which][0] != '\0')
		return cgroup_file_put(g->path[which], file, value);
	errno = ENOENT;
	return -1;
}

void
cgroup_weigh(const struct cgroup *g, bool idle, const char *weight)
{
	if (!idle)
		write_to(g->idle, "0");
	write_to(g->weight, weight);
	if (idle)
		write_to(g->idle, "1");
}

void
cgroup_limit_memory(const struct cgroup *g, int64_t bytes)
{
	char text[32];

	if (g->limit == -1)
		return;
	snprintf(text, sizeof(text), "%" PRId64, bytes);
	if (bytes == 0)
		text_copy(text, sizeof(text), g->version == 2 ? "max" : "-1");
	write_to(g->limit, text);
}

static ssize_t
read_memory(const struct cgroup *g, const char *name, char *text, size_t size)
{
	char path[PATH_MAX];

	if (g->path[CGROUP_MEMORY][0] == '\0' || snprintf(path, sizeof(path), "%s/%s",
	    g->path[CGROUP_MEMORY], name) >= (int)sizeof(path))
		return -1;
	return fd_read_text(AT_FDCWD, path, text, size);
}

int64_t
cgroup_memory(const struct cgroup *g)
{
	char text[STAT_TEXT];
	int64_t used, cached;

	if (read_memory(g, "memory.stat", text, sizeof(text)) <= 0)
		return 0;
	cached = hierarchy_field(text, "inactive_file") + hierarchy_field(text, "active_file");
	used = hierarchy_number(g->path[CGROUP_MEMORY], g->version == 2 ? "memory.current" :
	    "memory.usage_in_bytes", NULL);
	return used > cached ? used - cached : 0;
}

int64_t
cgroup_killed(const struct cgroup *g)
{
	char text[STAT_TEXT];

	if (read_memory(g, g->version == 2 ? "memory.events" : "memory.oom_control", text,
	    sizeof(text)) <= 0)
		return 0;
	return hierarchy_field(text, "oom_kill");
}

int64_t
cgroup_processes(const struct cgroup *g)
{
	int64_t count = 0;

	if (g->path[CGROUP_PIDS][0] != '\0')
		count = hierarchy_number(g->path[CGROUP_PIDS], "pids.current", NULL);
	return count > 0 ? count : 0;
}

void
cgroup_kill(const struct cgroup *g)
{
	write_to(g->kill, "1");
}

void
cgroup_remove(struct cgroup *g)
{
	int c;

	for (c = 0; c < CGROUP_CONTROLLERS; c++) {
		if (g->path[c][0] != '\0')
			rmdir(g->path[c]);
		g->path[c][0] = '\0';
		fd_close(&g->lock[c]);
	}
	g->version = 0;
}

/* pace.c - an idle build beside a busy service. */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/descend.h"
#include "base/fd.h"
#include "base/proc.h"
#include "watcher/pace.h"

/* Of a processor: below it a build that wants more is starved; above it nobody is in its way. */
enum { STARVED_PERCENT = 10, FREE_PERCENT = 50 };

/* By version of the cgroup; level 0 is idle besides. */
static const char *const weights[PACE_HIGHEST + 1][2] = {
	{ "2", "1" }, { "102", "10" }, { "1024", "100" },
};

int
pace_step(struct pace *p, const struct strides *s, msec now)
{
	int64_t ran = s->ran_ms - p->ran_ms, passed = now - p->at;
	bool wanted = p->wanted && s->wants;

	*p = (struct pace){ .at = now, .ran_ms = s->ran_ms, .wanted = s->wants, .level = p->level };
	/* less than before: one of them ended, so they get on */
	if (passed <= 0 || ran < 0)
		return p->level;
	if (wanted && ran * 100 < passed * STARVED_PERCENT) {
		if (p->level < PACE_HIGHEST)
			p->level++;
	} else if (!s->wants || ran * 100 > passed * FREE_PERCENT) {
		p->level = 0;
	}
	return p->level;
}

/* "PID (NAME) STATE ..." of stat (proc(5)): the state, and utime + stime in clock ticks. */
static char
read_stat(const char *path, int64_t *ticks)
{
	unsigned long user, system;
	char text[512], state;
	const char *end;

	if (fd_read_text(AT_FDCWD, path, text, sizeof(text)) <= 0 ||
	    (end = strrchr(text, ')')) == NULL ||
	    sscanf(end, ") %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &state, &user,
	    &system) != 3)
		return 'X';
	*ticks = (int64_t)(user + system);
	return state;
}

/* One of its threads other than the first. */
static bool
has_running_thread(pid_t pid)
{
	char path[PATH_MAX];
	struct dirent *entry;
	bool found = false;
	int64_t ticks;
	DIR *threads;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	if ((threads = opendir(path)) == NULL)
		return false;
	while (!found && (entry = readdir(threads)) != NULL) {
		snprintf(path, sizeof(path), "/proc/%d/task/%s/stat", (int)pid, entry->d_name);
		found = *entry->d_name != '.' && read_stat(path, &ticks) == 'R';
	}
	closedir(threads);
	return found;
}

static void
add(pid_t pid, int depth, void *with)
{
	struct strides *s = with;
	int64_t ticks = 0;
	char path[64], state;

	if (depth == 0)
		return;
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	state = read_stat(path, &ticks);
	s->ran_ms += ticks * 1000 / sysconf(_SC_CLK_TCK);
	s->wants = s->wants || state == 'R' || (state == 'S' && has_running_thread(pid));
}

/* Out of idle before it gets weight, which an idle cgroup cannot have. */
static void
apply(const struct pace *p, const struct cgroup *group)
{
	if (group->path[CGROUP_CPU][0] != '\0')
		cgroup_weigh(group, p->level == 0, weights[p->level][group->version == 2]);
}

void
pace_begin(struct pace *p, const struct cgroup *group, msec now)
{
	*p = (struct pace){ .at = now };
	apply(p, group);
}

void
pace_look(struct pace *p, const struct cgroup *group, msec now)
{
	struct strides s = { 0, false };
	int before = p->level;

	if (now < p->at + PACE_MS || group->path[CGROUP_CPU][0] == '\0' || !proc_is_ours())
		return;
	descend("/proc", getpid(), add, &s);
	if (pace_step(p, &s, now) != before)
		apply(p, group);
}

void
pace_end(const struct cgroup *group)
{
	apply(&(struct pace){ .level = PACE_HIGHEST }, group);
}

/* cgroup_place.c - the cgroup that one for a build can be made in. */
#include <sys/stat.h>
#include <sys/xattr.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "watcher/cgroup_file.h"
#include "watcher/cgroup_place.h"

enum { PASSES = 100 };

const char *const cgroup_place_names[CGROUP_CONTROLLERS] = {
	[CGROUP_MEMORY] = "memory", [CGROUP_CPU] = "cpu", [CGROUP_PIDS] = "pids",
};

static bool
is_other(int pid, void *with)
{
	(void)with;
	return pid != getpid();
}

/*
 * The directory we stand in. What /proc says of it can be seen from elsewhere (a mount of Docker's
 * begins at the container), so the first one on the way up counts that has us.
 */
static bool
stand(const struct hierarchy *h, const char *controller, char directory[PATH_MAX])
{
	struct climb c;

	if (!hierarchy_begin(h, controller, &c))
		return false;
	while (hierarchy_next(&c, directory, PATH_MAX))
		if (access(directory, F_OK) == 0 && !cgroup_file_each(directory, is_other, NULL) &&
		    cgroup_file_has(directory, "cgroup.procs"))
			return true;
	return false;
}

/* Of version 2: do cgroups below this one have the controllers, or can they be given them? */
static bool
passes_on(const char *directory)
{
	char text[256], path[PATH_MAX];
	int c, given = 0;

	for (c = 0; c < CGROUP_CONTROLLERS; c++) {
		snprintf(text, sizeof(text), "+%s", cgroup_place_names[c]);
		cgroup_file_put(directory, "cgroup.subtree_control", text);
	}
	if (snprintf(path, sizeof(path), "%s/cgroup.subtree_control", directory) >=
	    (int)sizeof(path) || fd_read_text(AT_FDCWD, path, text, sizeof(text)) == -1)
		return false;
	for (c = 0; c < CGROUP_CONTROLLERS; c++)
		given += strstr(text, cgroup_place_names[c]) != NULL;
	return given > 0;
}

/* Whose is the cgroup above ours? Of root's only what systemd says it leaves alone. */
static bool
is_delegated(const char *directory)
{
	char value[2] = "";

	if (!cgroup_file_has(directory, "cgroup.procs") || !cgroup_file_has(directory, "cgroup.subtree_control"))
		return false;
	if (geteuid() != 0)
		return true;
	return (getxattr(directory, "trusted.delegate", value, 1) == 1 ||
	    getxattr(directory, "user.delegate", value, 1) == 1) && *value == '1';
}

struct move {
	const char *to;
	bool foreign;
};

static bool
move_one(int pid, void *with)
{
	struct move *m = with;
	char number[16];

	if (pid == 0) {
		m->foreign = true;
		return false;
	}
	snprintf(number, sizeof(number), "%d", pid);
	cgroup_file_put(m->to, "cgroup.procs", number);
	return true;
}

static bool
is_ours(int pid, void *with)
{
	(void)with;
	return pid != 0;
}

/*
 * A cgroup of version 2 that has processes cannot pass controllers on. As in a container that runs
 * systemd, all of them go into one below it, if all of them are the container's.
 */
static bool
make_room(const char *directory)
{
	char below[PATH_MAX];
	struct move m = { .to = below };
	int passes;

	if (snprintf(below, sizeof(below), "%s/baton-service", directory) >= (int)sizeof(below) ||
	    !cgroup_file_each(directory, is_ours, NULL) || (mkdir(below, 0755) == -1 && errno != EEXIST))
		return false;
	/* who is forked meanwhile is seen in the next pass */
	for (passes = 0; passes < PASSES && !cgroup_file_empty(directory) && !m.foreign; passes++)
		cgroup_file_each(directory, move_one, &m);
	return passes_on(directory);
}

bool
cgroup_place_second(const struct hierarchy *h, int init, char directory[PATH_MAX])
{
	char above[PATH_MAX];
	char *up;

	if (!stand(h, "", directory))
		return false;
	if (passes_on(directory))
		return true;
	text_copy(above, sizeof(above), directory);
	if ((up = strrchr(above, '/')) != NULL && strcmp(directory, h->mounts) != 0) {
		*up = '\0';
		if (is_delegated(above) && passes_on(above)) {
			text_copy(directory, PATH_MAX, above);
			return true;
		}
	}
	return init == 1 && make_room(directory);
}

bool
cgroup_place_could(const struct hierarchy *h)
{
	char directory[PATH_MAX];

	return stand(h, "", directory) && cgroup_file_has(directory, "cgroup.subtree_control") &&
	    cgroup_file_has(directory, "memory.max");
}

bool
cgroup_place_first(const struct hierarchy *h, enum cgroup_controller which,
    char directory[PATH_MAX])
{
	return stand(h, cgroup_place_names[which], directory);
}

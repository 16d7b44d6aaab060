/* fence.c - what the watcher and a build may reach. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/role.h"
#include "base/sandbox.h"
#include "base/text.h"
#include "watcher/fence.h"
#include "watcher/habits.h"
#include "watcher/rules.h"
#include "watcher/tree.h"

static const char *
here(void)
{
	static char path[PATH_MAX];

	if (getcwd(path, sizeof(path)) == NULL)
		text_copy(path, sizeof(path), "/");
	return path;
}

/* The whole path, whether it exists or not. */
static const char *
whole(char *to, size_t size, const char *path)
{
	const char *after = path;

	if (*path == '/') {
		text_copy(to, size, path);
	} else {
		while (strncmp(after, "./", 2) == 0)
			after += 2;
		text_copy(to, size, here());
		text_append(to, size, "/%s", after);
	}
	while (strlen(to) > 1 && to[strlen(to) - 1] == '/')
		to[strlen(to) - 1] = '\0';
	return to;
}

/* From "/" as the working directory nothing follows: it would be all there is. */
static bool
has_project(void)
{
	return strcmp(here(), "/") != 0;
}

static void
add_readable(struct rules *r, const struct watch_config *config)
{
	char binary[32];

	rules_add_system(r);
	if (has_project())
		rules_add(r, here(), SANDBOX_LOOK);
	rules_add_list(r, config->roots, SANDBOX_LOOK);
	rules_add(r, config->releases, SANDBOX_LOOK);
	rules_add_list(r, config->sandbox.read, SANDBOX_LOOK);
	/* the builder is this binary, wherever it lies */
	snprintf(binary, sizeof(binary), "/proc/self/fd/%d", ROLE_SELF);
	rules_add(r, binary, SANDBOX_LOOK);
}

/* Its builders set what a build may have, and it removes the cgroup when it ends. */
static void
add_group(struct rules *r, const struct cgroup *group)
{
	char above[PATH_MAX], *slash;
	int c;

	for (c = 0; c < CGROUP_CONTROLLERS; c++) {
		if (group->path[c][0] == '\0')
			continue;
		rules_add(r, group->path[c], SANDBOX_USE);
		text_copy(above, sizeof(above), group->path[c]);
		if ((slash = strrchr(above, '/')) != NULL) {
			*slash = '\0';
			rules_add(r, above, SANDBOX_CLEAR);
		}
	}
}

bool
fence_watcher(const struct watch_config *config, const struct cgroup *group)
{
	struct sandbox_held held = { 0, false };
	struct rules r = { NULL, 0 };
	char summary[256];

	if (config->sandbox.mode == SANDBOX_OFF) {
		log_line(LOG_INFO, "sandbox: off");
		return false;
	}
	/* while it still can be made, wherever it is */
	habits_prepare_list(config->sandbox.write);
	add_readable(&r, config);
	if (has_project())
		rules_add(&r, here(), SANDBOX_CHANGE);
	rules_add(&r, config->releases, SANDBOX_CHANGE);
	rules_add_list(&r, config->sandbox.write, SANDBOX_CHANGE);
	add_group(&r, group);
	held.landlock = sandbox_landlock(r.at, r.count, config->sandbox.net);
	rules_free(&r);
	if (held.landlock == -1) {
		log_line(LOG_WARNING, "sandbox: Landlock refused its rules: %s", strerror(errno));
		held.landlock = 0;
	}
	sandbox_drop_capabilities();
	held.seccomp = sandbox_seccomp(config->sandbox.net) == 0;
	sandbox_summary(&held, summary, sizeof(summary));
	log_line(sandbox_whole(&held) ? LOG_INFO : LOG_WARNING, "sandbox: %s", summary);
	return held.landlock >= 6;
}

int
fence_build(const struct watch_config *config, const char *out, const char *temporary, char *why,
    size_t size)
{
	char live[PATH_MAX] = "", releases[PATH_MAX];
	const char *kept[] = { whole(releases, sizeof(releases), config->releases), live, NULL };
	struct sandbox_held held = sandbox_probe();
	struct rules r = { NULL, 0 };
	int abi;

	if (config->sandbox.mode == SANDBOX_OFF)
		return 0;
	if (config->sandbox.mode == SANDBOX_STRICT && !sandbox_whole(&held)) {
		snprintf(why, size, "BATON_SANDBOX=strict, and here is Landlock ABI %d of 6, %s seccomp",
		    held.landlock, held.seccomp ? "and" : "no");
		return -1;
	}
	if (config->live != NULL)
		whole(live, sizeof(live), config->live);
	habits_prepare_list(config->sandbox.write);
	add_readable(&r, config);
	if (has_project()) {
		habits_prepare();
		rules_add_project(&r, here(), kept);
	}
	rules_add(&r, out, SANDBOX_CHANGE);
	rules_add(&r, temporary, SANDBOX_CHANGE);
	rules_add_list(&r, config->sandbox.write, SANDBOX_CHANGE);
	abi = sandbox_landlock(r.at, r.count, config->sandbox.net);
	rules_free(&r);
	if (abi == -1) {
		snprintf(why, size, "Landlock refused the build's rules: %s", strerror(errno));
		return -1;
	}
	return abi >= 6;
}

static bool
in_list(const char *list, const char *path)
{
	char copy[PATH_MAX], full[PATH_MAX];
	char *rest = copy, *word;

	if (list == NULL || text_copy(copy, sizeof(copy), list) == -1)
		return false;
	while ((word = strsep(&rest, ":")) != NULL)
		if (*word != '\0' && tree_below(path, whole(full, sizeof(full), word)))
			return true;
	return false;
}

bool
fence_sees_home(const struct watch_config *config, const char *home)
{
	if (config->sandbox.mode == SANDBOX_OFF)
		return true;
	if (has_project() && tree_below(home, here()))
		return true;
	return in_list(config->sandbox.read, home) || in_list(config->sandbox.write, home);
}

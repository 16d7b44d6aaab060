/* fence.c - what the watcher and a build may reach. */
#include <sys/stat.h>

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
#include "watcher/files.h"
#include "watcher/habits.h"
#include "watcher/kept.h"
#include "watcher/link.h"
#include "watcher/places.h"
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

/* From "/" as the working directory nothing follows: it would be all there is. */
static bool
has_project(void)
{
	return strcmp(here(), "/") != 0;
}

/* A fence that is being made. */
struct fence {
	const struct watch_config *config;
	struct rules rules;
	struct kept kept;		/* empty for the watcher's */
	enum log_level tells;		/* what is left out is told by the watcher, once */
};

/* One path of a list. What a build has made of it, a link to anywhere, is not what was meant. */
static void
add_listed(struct fence *f, const char *path, enum sandbox_access access)
{
	char full[PATH_MAX], real[PATH_MAX];
	struct stat st;

	kept_whole(full, sizeof(full), path);
	if (kept_misled(f->config, full)) {
		log_line(f->tells, "sandbox: %s is reached by a link that a build can move: left out; "
		    "name the path that it leads to", path);
		return;
	}
	if (access == SANDBOX_CHANGE && stat(full, &st) == -1 && errno == ENOENT)
		files_make_directory(full);
	if (realpath(full, real) == NULL)
		return;
	if (access == SANDBOX_CHANGE && kept_covers(&f->kept, real))
		log_line(LOG_WARNING, "sandbox: BATON_SANDBOX_WRITE %s is what is served: left out", path);
	else if (access == SANDBOX_CHANGE && kept_within(&f->kept, real))
		rules_add_project(&f->rules, real, (const char *const *)f->kept.paths);
	else
		rules_add(&f->rules, real, access);
}

static void
add_list(struct fence *f, const char *list, enum sandbox_access access)
{
	char *copy, *rest, *word;

	if (list == NULL)
		return;
	if ((copy = rest = strdup(list)) == NULL)
		abort();
	while ((word = strsep(&rest, ":")) != NULL)
		if (*word != '\0')
			add_listed(f, word, access);
	free(copy);
}

static void
add_readable(struct fence *f)
{
	struct rules *r = &f->rules;
	char binary[32];

	rules_add_system(r);
	if (has_project())
		rules_add(r, here(), SANDBOX_LOOK);
	add_list(f, f->config->roots, SANDBOX_LOOK);
	rules_add(r, f->config->releases, SANDBOX_LOOK);
	add_list(f, f->config->sandbox.read, SANDBOX_LOOK);
	/* the builder is this binary, wherever it lies */
	snprintf(binary, sizeof(binary), "/proc/self/fd/%d", ROLE_SELF);
	rules_add(r, binary, SANDBOX_LOOK);
}

/* Builders set what a build may have, and the watcher removes the cgroup when it ends. */
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

static int
enter(struct rules *r, bool net)
{
	int abi = sandbox_landlock(r->at, r->count, net);

	rules_free(r);
	if (abi != -1)
		return abi;
	log_line(LOG_WARNING, "sandbox: Landlock refused its rules: %s", strerror(errno));
	return 0;
}

bool
fence_warden(const struct watch_config *config, const struct cgroup *group, const char *who)
{
	struct fence f = { .config = config, .tells = LOG_WARNING };
	struct sandbox_held held = sandbox_probe();
	char summary[256];

	if (config->sandbox.mode == SANDBOX_OFF) {
		log_line(LOG_INFO, "sandbox: off");
		return false;
	}
	add_readable(&f);
	if (has_project())
		rules_add(&f.rules, here(), SANDBOX_CHANGE);
	rules_add(&f.rules, config->releases, SANDBOX_CHANGE);
	/* made where it is missing, while that still can be done wherever it is */
	add_list(&f, config->sandbox.write, SANDBOX_CHANGE);
	add_group(&f.rules, group);
	held.landlock = enter(&f.rules, config->sandbox.net);
	sandbox_keep_capabilities(SANDBOX_KEEP_OVERRIDE | SANDBOX_KEEP_OWNER);
	held.seccomp = sandbox_seccomp(config->sandbox.net) == 0;
	sandbox_summary(&held, summary, sizeof(summary));
	log_line(sandbox_whole(&held) ? LOG_INFO : LOG_WARNING, "sandbox: %s%s", summary, who);
	return held.landlock >= 6;
}

/* Rules are found by reading directories, and calls are refused: so these two come in between. */
static void
enter_own(struct rules *r)
{
	enter(r, false);
	sandbox_keep_capabilities(SANDBOX_KEEP_OVERRIDE | SANDBOX_KEEP_OWNER | SANDBOX_KEEP_CHOWN);
	if (sandbox_seccomp_own() == -1)
		log_line(LOG_DEBUG, "no filter of system calls: %s", strerror(errno));
}

void
fence_watcher(const struct watch_config *config, const struct cgroup *group)
{
	struct fence f = { .config = config, .tells = LOG_DEBUG };

	if (config->sandbox.mode == SANDBOX_OFF)
		return;
	if (has_project())
		rules_add(&f.rules, here(), SANDBOX_READ);
	add_list(&f, config->roots, SANDBOX_READ);
	add_list(&f, config->sandbox.read, SANDBOX_READ);
	rules_add_list(&f.rules, "/proc/self:/proc/sys/fs", SANDBOX_READ);
	rules_add(&f.rules, "/dev/null", SANDBOX_USE);
	rules_add(&f.rules, config->releases, SANDBOX_CHANGE);
	add_group(&f.rules, group);
	enter_own(&f.rules);
}

/* A path, or what there is of it so far: it will be made. */
static void
add_to_be(struct rules *r, const char *path)
{
	char at[PATH_MAX], above[PATH_MAX];

	text_copy(at, sizeof(at), path);
	while (access(at, F_OK) == -1 && strcmp(at, "/") != 0 && strcmp(at, ".") != 0) {
		link_parent(above, sizeof(above), at);
		text_copy(at, sizeof(at), above);
	}
	rules_add(r, at, SANDBOX_CHANGE);
}

void
fence_store(const struct watch_config *config)
{
	char parent[PATH_MAX];
	struct rules r = { NULL, 0 };

	if (config->sandbox.mode == SANDBOX_OFF)
		return;
	add_to_be(&r, config->releases);
	if (config->live != NULL) {
		link_parent(parent, sizeof(parent), config->live);
		add_to_be(&r, parent);
		rules_add(&r, config->live, SANDBOX_READ);
	}
	rules_add(&r, "/dev/null", SANDBOX_USE);
	enter_own(&r);
}

int
fence_build(const struct watch_config *config, const char *out, const char *temporary,
    struct places *places, char *why, size_t size)
{
	struct sandbox_held held = sandbox_probe();
	struct fence f = { .config = config, .tells = LOG_DEBUG };
	int abi;

	if (config->sandbox.mode == SANDBOX_OFF)
		return 0;
	if (config->sandbox.mode == SANDBOX_STRICT && !sandbox_whole(&held)) {
		snprintf(why, size, "BATON_SANDBOX=strict, and here is Landlock ABI %d of 6, %s seccomp"
		    "%s", held.landlock, held.seccomp ? "and" : "no",
		    held.answers ? "" : ", no user notification");
		return -1;
	}
	f.kept = kept_find(config);
	add_readable(&f);
	if (has_project()) {
		habits_prepare();
		rules_add_project(&f.rules, here(), (const char *const *)f.kept.paths);
	}
	rules_add(&f.rules, out, SANDBOX_CHANGE);
	rules_add(&f.rules, temporary, SANDBOX_CHANGE);
	add_list(&f, config->sandbox.write, SANDBOX_CHANGE);
	kept_free(&f.kept);
	places_take(places, &f.rules);
	abi = sandbox_landlock(f.rules.at, f.rules.count, config->sandbox.net);
	rules_free(&f.rules);
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
		if (*word != '\0' && tree_below(path, kept_whole(full, sizeof(full), word)))
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

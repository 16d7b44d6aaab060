/*
 * kept.h - what no build may write, wherever it lies: what is served, by whom, and the way to init.
 */
#ifndef WATCHER_KEPT_H
#define WATCHER_KEPT_H

#include <stdbool.h>
#include <stddef.h>

#include "watcher/config.h"

struct kept {
	char **paths;		/* ends with NULL */
	size_t count;
};

/*
 * The live path and the releases, those of all other services, their sockets, and baton's own binary;
 * each as it is written and as it is really reached. What does not exist yet counts as well.
 */
struct kept kept_find(const struct watch_config *config);
void kept_free(struct kept *k);

/* The whole path of what is named from here. Returns to. */
const char *kept_whole(char *to, size_t size, const char *path);

/* Is `path` one of them or below one? Does it hold one? */
bool kept_covers(const struct kept *k, const char *path);
bool kept_within(const struct kept *k, const char *path);

/*
 * Could a build have put a link on the way to path? Below the working directory's own entries, and
 * below what BATON_SANDBOX_WRITE names, it can; who follows one there goes where the build wants.
 */
bool kept_misled(const struct watch_config *config, const char *path);

#endif

/*
 * rules.h - a list of sandbox rules that grows. Whoever runs out of memory ends.
 */
#ifndef WATCHER_RULES_H
#define WATCHER_RULES_H

#include "base/sandbox.h"
#include "watcher/config.h"

struct rules {
	struct sandbox_rule *at;
	int count;
};

void rules_add(struct rules *r, const char *path, enum sandbox_access access);

/* Each path of a list with ':' between; NULL is none. */
void rules_add_list(struct rules *r, const char *list, enum sandbox_access access);

/* What every program needs: libraries, /etc but for its secrets, /proc, devices, tools on PATH. */
void rules_add_system(struct rules *r);

/* What lies in `directory` now and may be changed: all but .git and what holds one of `kept`. */
void rules_add_project(struct rules *r, const char *directory, const char *const *kept);

void rules_free(struct rules *r);

#endif

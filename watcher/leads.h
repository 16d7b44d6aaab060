/*
 * leads.h - symlinks below a root that lead out of what is watched.
 *
 * Each is a root of its own, so that it is followed once, and noticed when it is swapped, wherever on
 * its way. One that leads back in, or to what is above a root, is not: that would have no end.
 */
#ifndef WATCHER_LEADS_H
#define WATCHER_LEADS_H

#include <stdbool.h>

struct scan;

/* A symlink was found at path. */
void leads_found(struct scan *s, const char *path);

/* Was path one of them? It is gone now, and another link may be the one to follow. */
bool leads_known(const struct scan *s, const char *path);

/* Before a look at all, and after it: those that were not found again are forgotten. */
void leads_turn(struct scan *s);
void leads_sweep(struct scan *s);

#endif

/*
 * etc.h - what of /etc is everybody's: a build that runs as root has no right to the rest.
 */
#ifndef WATCHER_ETC_H
#define WATCHER_ETC_H

#include "watcher/rules.h"

/*
 * Rules to read what lies below `directory` and what others than its owner and group may read, by its
 * mode and those above it; except by name what holds secrets whatever its mode says (a Kubernetes
 * account, secrets). Of a directory that holds anything else, only the names can be seen.
 */
void etc_add(struct rules *r, const char *directory);

#endif

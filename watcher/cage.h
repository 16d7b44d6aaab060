/*
 * cage.h - nothing that a process started survives the moment that it says so.
 *
 * A process that enters the cage is the subreaper of all that descends from it, and, where the
 * kernel has Landlock's scope for signals, can signal nobody else: kill(-1) then reaches all of its
 * descendants at once, and only them.
 */
#ifndef WATCHER_CAGE_H
#define WATCHER_CAGE_H

#include <stdbool.h>
#include <stddef.h>

/* scoped: a scope for signals is in force already. */
void cage_enter(bool scoped);

/*
 * Kill all descendants and reap them, until there is none. Without the scope they are stopped
 * first, as /proc shows them, so that none forks away.
 */
void cage_empty(void);

/* Signal all descendants at once. False, and nobody is, without the scope. */
bool cage_signal(int signal);

/* How many descendants are there, going by /proc? Those that wait to be reaped do not count. */
size_t cage_count(void);

#endif

/*
 * habits.h - directories that build tools make for themselves at the top of a project.
 *
 * A build can write to what is there when it begins, and to nothing new beside it. So that a fresh
 * checkout builds as well, these are made before.
 */
#ifndef WATCHER_HABITS_H
#define WATCHER_HABITS_H

/* In the working directory: those of the tools whose configuration is there. */
void habits_prepare(void);

#endif

/*
 * ranks.h - what a build may not raise itself to, whatever the container allows.
 */
#ifndef WATCHER_RANKS_H
#define WATCHER_RANKS_H

/*
 * For this process and its children, for good: no real-time priority, no niceness below what it has,
 * and where baton itself may open all that the container allows, three quarters of it. 0 or -1.
 */
int ranks_keep(void);

#endif

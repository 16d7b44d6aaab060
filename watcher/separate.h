/*
 * separate.h - a release shares no file with anything that a later build can write.
 */
#ifndef WATCHER_SEPARATE_H
#define WATCHER_SEPARATE_H

/*
 * Below path, give each file that has other names a copy of its own, with its mode and times: a build
 * may have hard-linked it, and whoever writes the other name would change what is served. 0, or -1
 * with errno.
 */
int separate(const char *path);

#endif

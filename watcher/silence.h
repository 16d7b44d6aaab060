/*
 * silence.h - where inotify does not tell of changes, so that only looking helps.
 */
#ifndef WATCHER_SILENCE_H
#define WATCHER_SILENCE_H

/*
 * Why changes in this directory may go untold, as the end of a sentence about it, or NULL: it lies on
 * a file system that others write to without this kernel (NFS, SMB, 9p, FUSE, virtiofs), or a test
 * failed: a watch that does not even tell that the directory was opened. Nothing is written.
 */
const char *silence_of(const char *directory);

#endif

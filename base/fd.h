/*
 * fd.h - descriptors: valid when not -1, born O_CLOEXEC, closed once.
 */
#ifndef BASE_FD_H
#define BASE_FD_H

#include <sys/types.h>

#include <stddef.h>

/* Close *fd and set it to -1. Harmless at -1; keeps errno. */
void fd_close(int *fd);

/* Set or clear O_NONBLOCK, FD_CLOEXEC. Return 0 or -1 with errno. */
int fd_nonblock(int fd, int on);
int fd_cloexec(int fd, int on);

/* Write all of it, waiting where it must. Not for PID 1's loop. */
int fd_write_all(int fd, const void *bytes, size_t size);

/*
 * Read a small file (of /proc, mostly) whole into text, with a NUL at the end and cut to size.
 * Returns its length or -1. directory as in openat(2).
 */
ssize_t fd_read_text(int directory, const char *path, char *text, size_t size);

/*
 * A sealed memfd (memfd_create(2), F_SEAL_WRITE) that holds these bytes, at offset 0; or -1.
 * The caller owns it.
 */
int fd_sealed(const char *name, const void *bytes, size_t size);

/*
 * Where 0, 1 or 2 is closed put /dev/null in its place, or what can neither be read nor written: else
 * the first file or socket opened, here or in a worker, would be somebody's standard error.
 */
void fd_plug_standard(void);

/* Make descriptors from `first` up O_CLOEXEC: all, or where the kernel is old those below `end`. */
void fd_cloexec_from(int first, int end);

/* Close every descriptor from `first` up: close_range(2), /proc/self/fd, then a loop. */
void fd_close_from(int first);

#endif

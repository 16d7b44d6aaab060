/* deposit.c - descriptors that workers leave for whoever comes next. */
#include <sys/stat.h>
#include <sys/syscall.h>

#include <errno.h>
#include <linux/kcmp.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "handoff/deposit.h"

/* Where kcmp(2) is not to be had, a socket or a pipe is known by its number, which it has alone. */
static bool
is_same(int a, int b)
{
	long got = syscall(SYS_kcmp, getpid(), getpid(), KCMP_FILE, a, b);
	struct stat one, other;

	if (got != -1)
		return got == 0;
	return fstat(a, &one) == 0 && fstat(b, &other) == 0 && one.st_dev == other.st_dev &&
	    one.st_ino == other.st_ino && S_ISSOCK(one.st_mode);
}

struct deposit *
deposit_add(struct deposits *d, uint32_t id, int fd, const char *name, bool poll, int most)
{
	struct deposit *new = &d->list[d->count];
	int i;

	for (i = 0; i < d->count; i++)
		if (is_same(d->list[i].fd, fd)) {
			errno = EEXIST;
			return NULL;
		}
	if (d->count >= most || d->count == DEPOSITS) {
		errno = ENOSPC;
		return NULL;
	}
	d->ids = id != 0 ? id : d->ids + 1;
	new->id = d->ids;
	new->fd = fd;
	new->poll = poll;
	text_copy(new->name, sizeof(new->name), name);
	d->count++;
	return new;
}

struct deposit *
deposit_find(struct deposits *d, uint32_t id)
{
	int i;

	for (i = 0; i < d->count; i++)
		if (d->list[i].id == id)
			return &d->list[i];
	return NULL;
}

struct deposit *
deposit_named(struct deposits *d, const char *name)
{
	int i;

	for (i = 0; i < d->count; i++)
		if (strcmp(d->list[i].name, name) == 0)
			return &d->list[i];
	return NULL;
}

void
deposit_drop(struct deposits *d, struct deposit *which)
{
	size_t behind = (size_t)(&d->list[d->count] - which) - 1;

	fd_close(&which->fd);
	memmove(which, which + 1, behind * sizeof(*which));
	memset(&d->list[--d->count], 0, sizeof(*which));
}

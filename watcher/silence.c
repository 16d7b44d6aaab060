/* silence.c - where inotify does not tell of changes. */
#include <sys/inotify.h>
#include <sys/vfs.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <unistd.h>

#include "base/fd.h"
#include "watcher/silence.h"

/* They tell of what is done through this kernel, and nothing of what is done on the other side. */
static const struct {
	unsigned magic;
	const char *why;
} shared[] = {
	{ 0x6969, "is on NFS, which does not tell of changes made elsewhere" },
	{ 0xff534d42, "is on SMB (CIFS), which does not tell of changes made elsewhere" },
	{ 0xfe534d42, "is on SMB, which does not tell of changes made elsewhere" },
	{ 0x01021997, "is on 9p, which does not tell of changes made elsewhere" },
	{ 0x65735546, "is on FUSE or virtiofs, which do not tell of changes made elsewhere" },
	{ 0x786f4256, "is on vboxsf, which does not tell of changes made elsewhere" },
	{ 0x00c36400, "is on Ceph, which does not tell of changes made elsewhere" },
	{ 0x0bd00bd0, "is on Lustre, which does not tell of changes made elsewhere" },
	{ 0x5346414f, "is on AFS, which does not tell of changes made elsewhere" },
	{ 0x01161970, "is on GFS2, which does not tell of changes made elsewhere" },
	{ 0x7461636f, "is on OCFS2, which does not tell of changes made elsewhere" },
	{ 0xbacbacbc, "is on vmhgfs, which does not tell of changes made elsewhere" },
};

/* The kernel queues an event before the call that made it returns, so there is nothing to wait for. */
static bool
tells(int fd, const char *directory)
{
	char events[sizeof(struct inotify_event) + NAME_MAX + 1];
	int opened;

	if (inotify_add_watch(fd, directory, IN_OPEN | IN_ONLYDIR) == -1)
		/* whoever watches it will say why it cannot be */
		return errno != ENOSYS && errno != EINVAL && errno != EOPNOTSUPP;
	if ((opened = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1)
		return true;
	fd_close(&opened);
	return read(fd, events, sizeof(events)) > 0;
}

static bool
passes_test(const char *directory)
{
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	bool told;

	if (fd == -1)
		return true;
	told = tells(fd, directory);
	fd_close(&fd);
	return told;
}

const char *
silence_of(const char *directory)
{
	struct statfs fs;
	size_t i;

	if (statfs(directory, &fs) == 0)
		for (i = 0; i < sizeof(shared) / sizeof(shared[0]); i++)
			if ((unsigned)fs.f_type == shared[i].magic)
				return shared[i].why;
	return passes_test(directory) ? NULL : "is where inotify tells nothing, by a test";
}

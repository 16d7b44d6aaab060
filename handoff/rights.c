/* rights.c - who may connect to the file of a UNIX socket. */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fd.h"
#include "handoff/rights.h"

/* chmod(2) follows links, and by a descriptor of O_PATH it does not work before Linux 6.6. */
static int
set_mode(int directory, const char *name, mode_t mode)
{
	char path[40];
	struct stat st;
	int fd = openat(directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC), done;

	if (fd == -1)
		return -1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	done = fstat(fd, &st) == -1 || !S_ISSOCK(st.st_mode) ? -1 : chmod(path, mode);
	if (done == -1 && errno == ENOENT)	/* no /proc */
		done = fchmodat(directory, name, mode, 0);
	fd_close(&fd);
	return done;
}

/* The owner first: to change it clears bits of the mode. */
int
rights_give(int directory, const char *name, const struct stat *has, const struct unix_rights *r)
{
	uid_t uid = r->uid == -1 ? has->st_uid : (uid_t)r->uid;
	gid_t gid = r->gid == -1 ? has->st_gid : (gid_t)r->gid;
	mode_t mode = r->mode == -1 ? has->st_mode & 07777 : (mode_t)r->mode;

	if ((uid != has->st_uid || gid != has->st_gid) &&
	    fchownat(directory, name, uid, gid, AT_SYMLINK_NOFOLLOW) == -1)
		return -1;
	return mode == (has->st_mode & 07777) ? 0 : set_mode(directory, name, mode);
}

struct unix_rights
rights_of(const struct stat *st)
{
	return (struct unix_rights){ (int)(st->st_mode & 07777), (int)st->st_uid, (int)st->st_gid };
}

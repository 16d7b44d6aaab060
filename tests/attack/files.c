/* files.c - attacks on files: read, write, replace, and all that a file has besides its contents. */
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/attack/attack.h"

enum { SETXATTRAT = 463, FCHMODAT2 = 452 };

static int
read_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char byte;

	if (fd == -1)
		return -1;
	return read(fd, &byte, 1) == -1 ? -1 : 0;
}

static int
list_directory(const char *path)
{
	return opendir(path) != NULL ? 0 : -1;
}

static int
write_to(const char *path)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);

	return fd != -1 && write(fd, "x", 1) == 1 ? 0 : -1;
}

static int
create_file(const char *path)
{
	return open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644) != -1 ? 0 : -1;
}

static int
make_directory(const char *path)
{
	return mkdir(path, 0755);
}

static int
empty_file(const char *path)
{
	return truncate(path, 0);
}

static int
remove_path(const char *path)
{
	return unlink(path) == 0 ? 0 : rmdir(path) == 0 ? 0 : -1;
}

/* Another file of the same name, as an editor saves. */
static int
replace_file(const char *path)
{
	const char *mine = attack_out("replacement");
	int fd = open(mine, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);

	if (fd == -1 || write(fd, "#!/bin/true\n", 12) != 12)
		return -1;
	return rename(mine, path);
}

static int
exchange(const char *path)
{
	const char *mine = attack_out("exchanged");

	mkdir(mine, 0755);
	return renameat2(AT_FDCWD, mine, AT_FDCWD, path, RENAME_EXCHANGE);
}

/* What can only be read gets a second name where one may write. */
static int
hard_link_write(const char *path)
{
	const char *mine = attack_out("hard-link");

	return link(path, mine) == 0 ? write_to(mine) : -1;
}

static int
soft_link_write(const char *path)
{
	const char *mine = attack_out("soft-link");
	char full[PATH_MAX];
	int result, kept;

	if (realpath(path, full) == NULL)
		return -1;
	result = symlink(full, mine) == 0 ? write_to(mine) : -1;
	kept = errno;

	unlink(mine);
	errno = kept;
	return result;
}

static int
reopen_write(const char *path)
{
	char again[64];

	snprintf(again, sizeof(again), "/proc/self/fd/%d", open(path, O_RDONLY | O_CLOEXEC));
	return write_to(again);
}

/* Modes, owners, times, attributes: none of them is Landlock's. */
static int
mode_is(const char *path, mode_t mode)
{
	struct stat st;

	if (stat(path, &st) == -1 || (st.st_mode & 07777) != mode)
		return attack_refused(errno != 0 ? errno : EPERM);
	return 0;
}

static int
change_mode(const char *path)
{
	return chmod(path, 0606) == 0 ? mode_is(path, 0606) : -1;
}

static int
change_mode_by_descriptor(const char *path)
{
	return fchmod(open(path, O_RDONLY | O_CLOEXEC), 0616) == 0 ? mode_is(path, 0616) : -1;
}

static int
change_mode_by_proc(const char *path)
{
	char link[64];

	snprintf(link, sizeof(link), "/proc/self/fd/%d", open(path, O_PATH | O_CLOEXEC));
	return chmod(link, 0626) == 0 ? mode_is(path, 0626) : -1;
}

static int
change_mode_at(const char *path)
{
	return syscall(FCHMODAT2, AT_FDCWD, path, 0636, AT_SYMLINK_NOFOLLOW) == 0 ?
	    mode_is(path, 0636) : -1;
}

static int
change_owner(const char *path)
{
	struct stat st;

	if (chown(path, 12345, 12345) == -1)
		return -1;
	return stat(path, &st) == 0 && st.st_uid == 12345 ? 0 : attack_refused(EPERM);
}

static int
change_times(const char *path)
{
	const struct timespec times[2] = { { .tv_sec = 4102444800 }, { .tv_sec = 4102444800 } };
	struct stat st;

	if (utimensat(AT_FDCWD, path, times, 0) == -1)
		return -1;
	return stat(path, &st) == 0 && st.st_mtime == 4102444800 ? 0 : attack_refused(EPERM);
}

static int
change_attribute(const char *path)
{
	return setxattr(path, "user.attack", "x", 1, 0);
}

/* Since Linux 6.13: the same by another number, which an older list of calls does not know. */
static int
change_attribute_at(const char *path)
{
	const struct { uint64_t value; uint32_t size, flags; } x = { (uintptr_t)"x", 1, 0 };

	return (int)syscall(SETXATTRAT, AT_FDCWD, path, 0, "user.attack-at", &x, sizeof(x));
}

/* "Do not dump": any of the flags that chattr(1) sets shows that all can be. */
static int
change_flags(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), flags = 0;

	if (ioctl(fd, FS_IOC_GETFLAGS, &flags) == -1)
		return attack_refused(NO_VICTIM);
	flags ^= FS_NODUMP_FL;
	return ioctl(fd, FS_IOC_SETFLAGS, &flags);
}

/* Whoever opens the file then waits for us, 45 seconds long (fcntl(2), lease-break-time). */
static int
lease(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd == -1 ? -1 : fcntl(fd, F_SETLEASE, F_WRLCK) == 0 ? 0 : fcntl(fd, F_SETLEASE, F_RDLCK);
}

static int
make_device(const char *path)
{
	(void)path;
	return mknod(attack_out("device"), S_IFCHR | 0666, makedev(1, 1));
}

const struct attack attacks_on_files[] = {
	{ "read", read_file }, { "list", list_directory }, { "write", write_to },
	{ "create", create_file }, { "make-directory", make_directory }, { "empty", empty_file },
	{ "remove", remove_path }, { "replace", replace_file }, { "exchange", exchange },
	{ "hard-link-write", hard_link_write }, { "soft-link-write", soft_link_write },
	{ "reopen-write", reopen_write }, { "chmod", change_mode },
	{ "fchmod", change_mode_by_descriptor }, { "chmod-by-proc", change_mode_by_proc },
	{ "fchmodat2", change_mode_at }, { "chown", change_owner }, { "utimes", change_times },
	{ "setxattr", change_attribute }, { "setxattrat", change_attribute_at },
	{ "chattr", change_flags }, { "lease", lease }, { "mknod", make_device }, { NULL, NULL },
};

/* modes.c - modes and times of files, changed for a build. */
#include <sys/stat.h>
#include <sys/time.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>

#include "base/fd.h"
#include "base/text.h"
#include "base/trap.h"
#include "watcher/modes.h"
#include "watcher/places.h"

#ifdef __NR_fchmodat2
enum { FCHMODAT2 = __NR_fchmodat2 };
#else
enum { FCHMODAT2 = 452 };	/* Linux 6.6, of all architectures */
#endif

enum { NONE = -1 };

/* How times are written where the call points to. */
enum times { NO_TIMES, SECONDS, MICROSECONDS, NANOSECONDS };

/* Which argument is what. */
static const struct form {
	int call, directory, path, value, flags;
	enum times times;
} forms[] = {
	{ SCMP_SYS(chmod), NONE, 0, 1, NONE, NO_TIMES },
	{ SCMP_SYS(fchmod), 0, NONE, 1, NONE, NO_TIMES },
	{ SCMP_SYS(fchmodat), 0, 1, 2, NONE, NO_TIMES },
	{ FCHMODAT2, 0, 1, 2, 3, NO_TIMES },
	{ SCMP_SYS(utime), NONE, 0, 1, NONE, SECONDS },
	{ SCMP_SYS(utimes), NONE, 0, 1, NONE, MICROSECONDS },
	{ SCMP_SYS(futimesat), 0, 1, 2, NONE, MICROSECONDS },
	{ SCMP_SYS(utimensat), 0, 1, 2, 3, NANOSECONDS },
};

enum { FORMS = sizeof(forms) / sizeof(forms[0]) };

const int *
modes_calls(size_t *count)
{
	static int calls[FORMS];

	for (*count = 0; *count < FORMS; ++*count)
		calls[*count] = forms[*count].call;
	return calls;
}

static const struct form *
form_of(int call)
{
	size_t i;

	for (i = 0; i < FORMS; i++)
		if (forms[i].call == call)
			return &forms[i];
	return NULL;
}

bool
modes_are(int call)
{
	return call >= 0 && form_of(call) != NULL;
}

/* What stands at `at`, up to a NUL; a read must not run over the end of what is mapped. */
static int
read_path(pid_t pid, uint64_t at, char *to, size_t size)
{
	size_t got = 0, page = (size_t)sysconf(_SC_PAGESIZE), part;
	ssize_t n;

	while (got < size) {
		part = page - (size_t)((at + got) % page);
		part = part < size - got ? part : size - got;
		if ((n = trap_read(pid, at + got, to + got, part)) <= 0)
			return EFAULT;
		if (memchr(to + got, '\0', (size_t)n) != NULL)
			return 0;
		got += (size_t)n;
	}
	return ENAMETOOLONG;
}

/* What is another process's own, as its own name for it is written. */
static void
translate(char *to, size_t size, pid_t pid, const char *path)
{
	static const struct {
		const char *theirs, *ours;
	} names[] = {
		{ "/proc/self/", "" }, { "/proc/thread-self/", "" }, { "/dev/fd/", "fd/" },
		{ "/dev/stdin", "fd/0" }, { "/dev/stdout", "fd/1" }, { "/dev/stderr", "fd/2" },
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (text_begins(path, names[i].theirs)) {
			snprintf(to, size, "/proc/%d/%s%s", (int)pid, names[i].ours,
			    path + strlen(names[i].theirs));
			return;
		}
	text_copy(to, size, path);
}

static int
open_descriptor(pid_t pid, int fd, int *to)
{
	char name[48];

	if (fd == AT_FDCWD)
		snprintf(name, sizeof(name), "/proc/%d/cwd", (int)pid);
	else
		snprintf(name, sizeof(name), "/proc/%d/fd/%d", (int)pid, fd);
	if ((*to = open(name, O_PATH | O_CLOEXEC)) != -1)
		return 0;
	return errno == ENOENT ? EBADF : errno;
}

static int
open_path(pid_t pid, int directory, const char *path, int flags, int *to)
{
	char own[PATH_MAX + 32];
	int at = -1, error;

	if (*path == '/') {
		translate(own, sizeof(own), pid, path);
		*to = open(own, O_PATH | O_CLOEXEC | flags);
		return *to == -1 ? errno : 0;
	}
	if ((error = open_descriptor(pid, directory, &at)) != 0)
		return error;
	*to = openat(at, path, O_PATH | O_CLOEXEC | flags);
	error = *to == -1 ? errno : 0;
	fd_close(&at);
	return error;
}

/* Open what a call names. 0 or an errno. */
static int
reach(const struct form *f, const struct trap_call *call, int *to)
{
	int directory = f->directory == NONE ? AT_FDCWD : (int)call->args[f->directory];
	int flags = f->flags == NONE ? 0 : (int)call->args[f->flags], error;
	char path[PATH_MAX];

	if ((flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) != 0)
		return EINVAL;
	/* futimens(3) is utimensat(fd, NULL) */
	if (f->path == NONE || (f->directory != NONE && f->times != NO_TIMES &&
	    call->args[f->path] == 0))
		return open_descriptor(call->pid, directory, to);
	if ((error = read_path(call->pid, call->args[f->path], path, sizeof(path))) != 0)
		return error;
	if (*path == '\0')
		return (flags & AT_EMPTY_PATH) == 0 ? ENOENT :
		    open_descriptor(call->pid, directory, to);
	return open_path(call->pid, directory, path,
	    (flags & AT_SYMLINK_NOFOLLOW) != 0 ? O_NOFOLLOW : 0, to);
}

/* Both times, read and written in one of three ways. */
static int
read_times(const struct form *f, const struct trap_call *call, struct timespec to[2])
{
	union {
		struct utimbuf seconds;
		struct timeval micro[2];
		struct timespec nano[2];
	} in;
	const size_t sizes[] = { [SECONDS] = sizeof(in.seconds), [MICROSECONDS] = sizeof(in.micro),
		[NANOSECONDS] = sizeof(in.nano) };
	size_t size = sizes[f->times];
	int i;

	memset(&in, 0, sizeof(in));
	if (trap_read(call->pid, call->args[f->value], &in, size) != (ssize_t)size)
		return EFAULT;
	for (i = 0; i < 2; i++) {
		if (f->times == NANOSECONDS)
			to[i] = in.nano[i];
		else if (f->times == SECONDS)
			to[i] = (struct timespec){ i == 0 ? in.seconds.actime :
			    in.seconds.modtime, 0 };
		else if (in.micro[i].tv_usec < 0 || in.micro[i].tv_usec > 999999)
			return EINVAL;
		else
			to[i] = (struct timespec){ in.micro[i].tv_sec,
				in.micro[i].tv_usec * 1000 };
	}
	return 0;
}

static int
change_times(const struct form *f, const struct trap_call *call, int fd, const char *name, bool link)
{
	struct timespec times[2], *given = NULL;
	int error;

	if (call->args[f->value] != 0) {
		if ((error = read_times(f, call, times)) != 0)
			return error;
		given = times;
	}
	/* a link is not to be followed, and has no other name than its descriptor: Linux 5.8 */
	if (link)
		return utimensat(fd, "", given, AT_EMPTY_PATH) == -1 ? errno : 0;
	return utimensat(AT_FDCWD, name, given, 0) == -1 ? errno : 0;
}

static int
change(const struct form *f, const struct trap_call *call, int fd)
{
	char name[32];
	struct stat st;

	if (fstat(fd, &st) == -1)
		return errno;
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	if (f->times != NO_TIMES)
		return change_times(f, call, fd, name, S_ISLNK(st.st_mode));
	if (S_ISLNK(st.st_mode))
		return EOPNOTSUPP;
	return chmod(name, (mode_t)call->args[f->value] & 07777) == -1 ? errno : 0;
}

int
modes_perform(const struct places *places, const struct trap_call *call)
{
	const struct form *f = form_of(call->call);
	int fd = -1, error;

	if ((error = reach(f, call, &fd)) == 0)
		error = places_hold(places, fd) ? change(f, call, fd) : EPERM;
	fd_close(&fd);
	return error;
}

/* role.c - start a job as a process of its own. */
#include <sys/auxv.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/inherited.h"
#include "base/log.h"
#include "base/role.h"

extern char **environ;

static int self = -1, here = -1;	/* self: -1 until /proc/self/exe could be opened */
static bool away;

/* The memory of our arguments, which end where the environment begins. */
static char *title_at;
static size_t title_room;

int
role_hold_binary(void)
{
	if (self == -1)
		self = open("/proc/self/exe", O_PATH | O_CLOEXEC);
	/* no /proc: by the name we were executed under (getauxval(3)), while we are where that was */
	if (self == -1 && !away)
		self = open((const char *)getauxval(AT_EXECFN), O_PATH | O_CLOEXEC);
	return self == -1 ? -1 : 0;
}

void
role_boot(int inherited)
{
	inherited_remember();
	if (!inherited)
		fd_close_from(STDERR_FILENO + 1);
	fd_plug_standard();
	if (inherited) {
		fd_cloexec_from(ROLE_CHANNEL, ROLE_EXTRA + ROLE_MOST_EXTRA);
		self = ROLE_SELF;
	} else {
		here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	}
}

void
role_origin(struct role_origin *to)
{
	*to = (struct role_origin){ self, here, away };
}

void
role_resume(const struct role_origin *from)
{
	fd_plug_standard();
	self = from->self;
	here = from->here;
	away = from->away;
}

int
role_revisit(void)
{
	return away ? fchdir(here) : 0;
}

int
role_enter(void)
{
	int result = role_revisit();

	away = away && result == -1;
	return result;
}

void
role_leave(void)
{
	/* another user may be there, but could not come back */
	if (!away && here != -1 && fchdir(here) == 0)
		away = chdir("/") == 0;
}

/*
 * Move the descriptors to their places. First all go above the places, so that none is
 * overwritten before it was moved. An exec leaves open just those without O_CLOEXEC.
 */
static int
place(int channel, int directory, const int *extra, int extras, int cloexec)
{
	int fds[ROLE_MOST_EXTRA + ROLE_EXTRA - ROLE_CHANNEL] = { channel, self, directory };
	int count = ROLE_EXTRA - ROLE_CHANNEL + extras, i;

	for (i = 0; i < extras; i++)
		fds[ROLE_EXTRA - ROLE_CHANNEL + i] = extra[i];
	for (i = 0; i < count; i++)
		if (fds[i] != -1 &&
		    (fds[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, ROLE_CHANNEL + count)) == -1)
			return -1;
	for (i = 0; i < count; i++) {
		if (fds[i] == -1)
			close(ROLE_CHANNEL + i);
		else if (dup3(fds[i], ROLE_CHANNEL + i, cloexec) == -1)
			return -1;
	}
	return 0;
}

/* Everything from here to exec runs in the child and touches only its own stack. */
static void
become(char *const argv[], char *const environment[], int channel, const int *extra, int extras)
{
	char **to = environment != NULL ? (char **)environment : environ;

	role_enter();
	if (place(channel, -1, extra, extras, 0) == -1)
		_exit(EXIT_NO_PLACE);
	inherited_restore();
	syscall(SYS_execveat, ROLE_SELF, "", argv, to, AT_EMPTY_PATH);
	if (errno == ENOSYS || errno == EBADF)
		execve("/proc/self/exe", argv, to);
	_exit(EXIT_NO_EXEC);
}

static int
too_many(int extras)
{
	if (extras <= ROLE_MOST_EXTRA)
		return 0;
	errno = EMFILE;
	return 1;
}

pid_t
role_start(char *const argv[], char *const environment[], int channel, const int *extra,
    int extras)
{
	pid_t pid;

	if (too_many(extras))
		return -1;
	role_hold_binary();	/* perhaps it goes now; if not, the child finds its own way or ends */
	if ((pid = fork()) == 0)
		become(argv, environment, channel, extra, extras);
	return pid;
}

void
role_title(int argc, char *argv[])
{
	title_at = argv[0];
	title_room = (size_t)(argv[argc - 1] + strlen(argv[argc - 1]) - argv[0]);
}

/* The environment lies behind the arguments: move it, and there is room for a longer title. */
static void
make_room(void)
{
	size_t i;

	for (i = 0; environ[i] != NULL; i++) {
		if (environ[i] != title_at + title_room + 1)
			return;
		title_room += strlen(environ[i]) + 1;
		if ((environ[i] = strdup(environ[i])) == NULL)
			_exit(EXIT_NO_PLACE);
	}
}

/*
 * The words of a command line end with a NUL each (proc(5), cmdline); what has grown into the
 * environment is one text, as the kernel reads it (fs/proc/base.c, get_mm_cmdline).
 */
void
role_show(const char *title)
{
	size_t room = title_room, i;

	if (title_at == NULL)
		return;
	if (strlen(title) > room)
		make_room();
	memset(title_at, '\0', title_room);
	for (i = 0; i < title_room && title[i] != '\0'; i++)
		title_at[i] = title[i] == ' ' && title_room == room ? '\0' : title[i];
}

pid_t
role_fork(int channel, const int *extra, int extras)
{
	pid_t pid;

	if (too_many(extras))
		return -1;
	if ((pid = fork()) != 0)
		return pid;
	if (place(channel, here, extra, extras, O_CLOEXEC) == -1)
		_exit(EXIT_NO_PLACE);
	fd_close_from(ROLE_EXTRA + extras);
	self = self == -1 ? -1 : ROLE_SELF;
	here = here == -1 ? -1 : ROLE_HERE;
	log_forget();
	return 0;
}

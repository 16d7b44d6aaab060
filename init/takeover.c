/* takeover.c - one PID 1 executes the next. */
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "init/carried.h"
#include "init/init.h"
#include "init/takeover.h"

#define VARIABLE "BATON_UPGRADE"

extern char **environ;

static const char *const words[TAKEOVER_WORDS] = {
	[TAKEOVER_REHEARSE] = "rehearse", [TAKEOVER_GO] = "go", [TAKEOVER_BACK] = "back",
};

static char *const *arguments;		/* as this process was executed with */
static char **environment;		/* environ, and room for one more */

int
takeover_open(char *const with[])
{
	size_t count = 0;

	while (environ[count] != NULL)
		count++;
	if ((environment = calloc(count + 2, sizeof(*environment))) == NULL)
		return -1;
	memcpy(environment, environ, count * sizeof(*environment));
	arguments = with;
	return 0;
}

/* --- the variable ----------------------------------------------------------------------------- */

static bool
read_variable(const char *text, struct takeover *t)
{
	char word[16] = "";
	int at = 0;

	t->state = t->number = -1;
	if (sscanf(text, "%d %15s %d %n", &t->state, word, &t->number, &at) < 3)
		return false;
	text_copy(t->why, sizeof(t->why), text + at);
	for (t->word = 0; t->word < TAKEOVER_WORDS; t->word++)
		if (strcmp(words[t->word], word) == 0)
			return true;
	return false;
}

bool
takeover_said(struct takeover *t)
{
	const char *text = getenv(VARIABLE);

	if (text == NULL || !read_variable(text, t))
		return false;
	unsetenv(VARIABLE);
	return true;
}

/* --- the state -------------------------------------------------------------------------------- */

enum { SEALS = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL };

bool
takeover_is_sealed(int state)
{
	int seals = fcntl(state, F_GET_SEALS);

	return seals != -1 && (seals & SEALS) == SEALS;
}

int
takeover_write(struct init *init)
{
	struct upgrade *u = &init->upgrade;
	int fd = memfd_create("baton-state", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd == -1)
		return -1;
	u->language = MESSAGE_LANGUAGE;
	role_origin(&u->origin);
	inherited_give(&u->inherited);
	prctl(PR_GET_NAME, u->name);
	if (carryover_write(fd, &carried_init, init, init->state.version) == -1 ||
	    fcntl(fd, F_ADD_SEALS, SEALS) == -1)
		fd_close(&fd);
	return fd;
}

/* --- the exec --------------------------------------------------------------------------------- */

static int
stays_open(int *fd, void *with)
{
	(void)with;
	return fd_cloexec(*fd, 0);
}

static int
closes(int *fd, void *with)
{
	(void)with;
	fd_cloexec(*fd, 1);
	return 0;
}

static void
put_variable(const struct takeover *t)
{
	static char variable[sizeof(VARIABLE) + 64 + MESSAGE_TEXT];
	char **end = environment;

	snprintf(variable, sizeof(variable), VARIABLE "=%d %s %d %s", t->state, words[t->word],
	    t->number, t->why);
	while (*end != NULL && *end != variable)
		end++;
	*end = variable;	/* calloc() left a NULL behind it */
}

static int
execute(int binary, const struct takeover *t)
{
	char path[32];

	if (environment == NULL) {
		errno = ENOMEM;
		return -1;
	}
	put_variable(t);
	syscall(SYS_execveat, binary, "", arguments, environment, AT_EMPTY_PATH);
	if (errno != ENOSYS)
		return -1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", binary);
	return execve(path, arguments, environment);
}

int
takeover_exec(struct init *init, int binary, const struct takeover *t)
{
	int number = t->number, state = t->state, kept;

	if (carryover_descriptors(&carried_init, init, stays_open, NULL) == 0 &&
	    stays_open(&state, NULL) == 0 && (number == -1 || stays_open(&number, NULL) == 0))
		execute(binary, t);
	kept = errno;
	carryover_descriptors(&carried_init, init, closes, NULL);
	closes(&state, NULL);
	if (number != -1)
		closes(&number, NULL);
	errno = kept;
	return -1;
}

int
takeover_back(int binary, int state, const char *why)
{
	struct takeover t = { .word = TAKEOVER_BACK, .state = state, .number = -1 };

	text_copy(t.why, sizeof(t.why), why);
	return execute(binary, &t);
}

/* --- descriptors after it --------------------------------------------------------------------- */

enum { FDS = 65536 };

static int
mark(int *fd, void *with)
{
	unsigned char *known = with;

	closes(fd, NULL);
	if (*fd < FDS)
		known[*fd / 8] |= (unsigned char)(1 << *fd % 8);
	return 0;
}

static void
close_between(int first, int end)
{
	if (first >= end || syscall(SYS_close_range, first, end - 1, 0) == 0)
		return;
	for (; first < end; first++)
		close(first);
}

void
takeover_settle_descriptors(struct init *init, int kept)
{
	static unsigned char known[FDS / 8];
	int fd, first = STDERR_FILENO + 1;

	carryover_descriptors(&carried_init, init, mark, known);
	mark(&kept, known);
	for (fd = first; fd < FDS; fd++)
		if (known[fd / 8] & 1 << fd % 8) {
			close_between(first, fd);
			first = fd + 1;
		}
	close_between(first, FDS);
}

static int
check_open(int *fd, void *with)
{
	if (fcntl(*fd, F_GETFD) != -1)
		return 0;
	*(int *)with = *fd;
	return -1;
}

static int
forget(int *fd, void *with)
{
	(void)with;
	if (fcntl(*fd, F_GETFD) == -1)
		*fd = -1;
	return 0;
}

void
takeover_forget_missing(struct init *init)
{
	carryover_descriptors(&carried_init, init, forget, NULL);
}

int
takeover_missing(struct init *init)
{
	int missing = -1;

	carryover_descriptors(&carried_init, init, check_open, &missing);
	return missing;
}

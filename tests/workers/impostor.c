/*
 * impostor.c - answers `version` as baton does, and then is none: what it does instead is in the name
 * of its file.
 */
#include <sys/syscall.h>

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/message.h"

/* Say what only a baton that would come up says. BATON_UPGRADE="STATE rehearse CHANNEL ". */
static void
say_yes(void)
{
	struct message m = { .type = MESSAGE_REHEARSED, .text = "9.9.9" };
	const char *said = getenv("BATON_UPGRADE");
	int state, channel;

	if (said != NULL && sscanf(said, "%d %*s %d", &state, &channel) == 2)
		(void)!write(channel, &m, sizeof(m));
}

/* As one that would have come up, and then does not: it executes the one before again. */
static void
stumble(char *const argv[])
{
	const char *said = getenv("BATON_UPGRADE");
	char back[64];
	int state, old;

	if (said == NULL || sscanf(said, "%d go %d", &state, &old) != 2)
		return;
	snprintf(back, sizeof(back), "%d back -1 it stumbled", state);
	setenv("BATON_UPGRADE", back, 1);
	syscall(SYS_execveat, old, "", argv, environ, AT_EMPTY_PATH);
}

int
main(int argc, char *argv[])
{
	char path[PATH_MAX] = "";
	const char *name;

	if (argc == 2 && strcmp(argv[1], "version") == 0) {
		puts("baton 9.9.9");
		return 0;
	}
	(void)!readlink("/proc/self/exe", path, sizeof(path) - 1);
	name = strrchr(path, '/') != NULL ? strrchr(path, '/') + 1 : path;
	if (strcmp(name, "crashes") == 0)
		__builtin_trap();	/* raise(3) would wait: every signal is blocked */
	while (strcmp(name, "hangs") == 0)
		pause();
	if (strcmp(name, "lies") == 0 || strcmp(name, "stumbles") == 0)
		say_yes();
	if (strcmp(name, "stumbles") == 0)
		stumble(argv);
	return strcmp(name, "ends") == 0 || strcmp(name, "stumbles") == 0 ? 0 : 1;
}

/* program.c - where a command's program is. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "init/program.h"

bool
program_find(const char *name, char path[static PATH_MAX])
{
	const char *at = getenv("PATH");
	size_t length;

	if (strchr(name, '/') != NULL) {
		text_copy(path, PATH_MAX, name);
		return access(path, X_OK) == 0;
	}
	for (at = at != NULL ? at : "/bin:/usr/bin"; *at != '\0'; at += *at == ':') {
		length = strcspn(at, ":");
		if (snprintf(path, PATH_MAX, "%.*s/%s", (int)length, length > 0 ? at : ".", name) <
		    PATH_MAX && access(path, X_OK) == 0)
			return true;
		at += length;
	}
	return false;
}

/* value.c - what an environment says, in a test. */
#include <string.h>

#include "tests/unit/value.h"

const char *
value(char **environment, const char *name)
{
	size_t length = strlen(name);

	for (; *environment != NULL; environment++)
		if (strncmp(*environment, name, length) == 0 && (*environment)[length] == '=')
			return *environment + length + 1;
	return NULL;
}

/* signal_map.c - which signal is sent for the one that came: BATON_SIGNALS. */
#include <signal.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "init/signal_map.h"
#include "init/signal_name.h"

enum { LONGEST = 32 };

void
signal_map_clear(unsigned char map[static SIGNAL_MAP])
{
	int i;

	for (i = 0; i < SIGNAL_MAP; i++)
		map[i] = (unsigned char)i;
}

static int
target(const char *text)
{
	if (strcasecmp(text, "off") == 0 || strcmp(text, "0") == 0)
		return 0;
	return signal_number(text);
}

int
signal_map_add(unsigned char map[static SIGNAL_MAP], uint64_t *given, const char *rule)
{
	const char *colon = strchr(rule, ':');
	char name[LONGEST];
	uint64_t bit;
	int from, to;

	if (colon == NULL || colon - rule >= LONGEST)
		return -1;
	memcpy(name, rule, (size_t)(colon - rule));
	name[colon - rule] = '\0';
	from = signal_number(name);
	to = target(colon + 1);
	if (from == -1 || to == -1 || from == SIGKILL || from == SIGSTOP || from == SIGCHLD)
		return -1;
	bit = UINT64_C(1) << (from - 1);
	if ((*given & bit) != 0)
		return -1;
	map[from] = (unsigned char)to;
	*given |= bit;
	return 0;
}

/* signal_name.c - signals by the names people know them by. */
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "init/signal_name.h"

/* "+3" after RTMIN, "-1" after RTMAX, or nothing. */
static int
real_time(int from, const char *text, char sign)
{
	int64_t n = 0;

	if (*text != '\0' && (*text != sign ||
	    text_number(text + 1, 0, SIGRTMAX - SIGRTMIN, &n) == -1))
		return -1;
	return sign == '+' ? from + (int)n : from - (int)n;
}

int
signal_number(const char *text)
{
	const char *name;
	int64_t n;
	int i;

	if (text_number(text, 1, SIGRTMAX, &n) == 0)
		return (int)n;
	if (strncasecmp(text, "SIG", 3) == 0)
		text += 3;
	if (strncasecmp(text, "RTMIN", 5) == 0)
		return real_time(SIGRTMIN, text + 5, '+');
	if (strncasecmp(text, "RTMAX", 5) == 0)
		return real_time(SIGRTMAX, text + 5, '-');
	for (i = 1; i < SIGRTMIN; i++)
		if ((name = sigabbrev_np(i)) != NULL && strcasecmp(name, text) == 0)
			return i;
	return -1;
}

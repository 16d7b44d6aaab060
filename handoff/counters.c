/* counters.c - what the kernel counts of TCP in this network namespace. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/text.h"
#include "handoff/counters.h"

/* The line that begins with group, or NULL. */
static const char *
line_of(const char *text, const char *group)
{
	while (text != NULL && !text_begins(text, group)) {
		text = strchr(text, '\n');
		text = text != NULL ? text + 1 : NULL;
	}
	return text;
}

/* The next word of a line and its length; 0 at the line's end. */
static size_t
next_word(const char **at)
{
	*at += strspn(*at, " ");
	return strcspn(*at, " \n");
}

int64_t
counters_find(const char *text, const char *group, const char *name)
{
	const char *names = line_of(text, group);
	const char *numbers = names == NULL ? NULL : strchr(names, '\n');
	size_t n, m;

	if (numbers == NULL || !text_begins(++numbers, group))
		return -1;
	for (;;) {
		n = next_word(&names);
		m = next_word(&numbers);
		if (n == 0 || m == 0)
			return -1;
		if (n == strlen(name) && strncmp(names, name, n) == 0)
			return strtoll(numbers, NULL, 10);
		names += n;
		numbers += m;
	}
}

void
counters_read(struct counters *c)
{
	enum { ROOM = 16384 };
	static char text[ROOM];

	*c = (struct counters){ -1, -1, -1 };
	if (fd_read_text(AT_FDCWD, "/proc/net/snmp", text, sizeof(text)) > 0)
		c->accepted = counters_find(text, "Tcp:", "PassiveOpens");
	if (fd_read_text(AT_FDCWD, "/proc/net/netstat", text, sizeof(text)) <= 0)
		return;
	c->overflows = counters_find(text, "TcpExt:", "ListenOverflows");
	c->drops = counters_find(text, "TcpExt:", "ListenDrops");
}

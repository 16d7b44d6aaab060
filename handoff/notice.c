/* notice.c - one datagram of sd_notify(3). No system calls. */
#include <string.h>

#include "handoff/notice.h"

static bool
is(const char *line, size_t length, const char *word)
{
	return length == strlen(word) && memcmp(line, word, length) == 0;
}

static void
read_line(struct notice *n, const char *line, size_t length)
{
	static const char status[] = "STATUS=";
	size_t skip = sizeof(status) - 1, fits;

	if (is(line, length, "READY=1"))
		n->ready = true;
	else if (is(line, length, "STOPPING=1"))
		n->stopping = true;
	else if (length > skip && memcmp(line, status, skip) == 0) {
		fits = length - skip < NOTICE_STATUS - 1 ? length - skip : NOTICE_STATUS - 1;
		memcpy(n->status, line + skip, fits);
		n->status[fits] = '\0';
	}
}

void
notice_parse(struct notice *n, const char *text, size_t length)
{
	const char *end;

	memset(n, 0, sizeof(*n));
	while (length > 0) {
		end = memchr(text, '\n', length);
		if (end == NULL)
			end = text + length;
		read_line(n, text, (size_t)(end - text));
		length -= (size_t)(end - text);
		text = end;
		if (length > 0) {
			text++;
			length--;
		}
	}
}

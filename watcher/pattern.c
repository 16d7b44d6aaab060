/* pattern.c - one line as in gitignore(5). No system calls, no memory. */
#include <stddef.h>
#include <string.h>

#include "watcher/glob.h"
#include "watcher/pattern.h"

/* Blanks at the end go, except one that a '\' holds. */
static const char *
trim(const char *from, const char *end)
{
	const char *kept = from;

	while (from < end) {
		if (*from == '\\' && from + 1 < end)
			from++;
		else if (*from == ' ') {
			from++;
			continue;
		}
		kept = ++from;
	}
	return kept;
}

bool
pattern_parse(struct pattern *p, const char *from, const char *end)
{
	if (from == end || *from == '#')
		return false;
	end = trim(from, end);
	*p = (struct pattern){ .again = from < end && *from == '!' };
	from += p->again;
	p->directories = end > from && end[-1] == '/';
	end -= p->directories;
	p->whole = memchr(from, '/', (size_t)(end - from)) != NULL;
	from += p->whole && *from == '/';
	p->from = from;
	p->end = end;
	p->plain = glob_plain(from, end);
	return from < end;
}

bool
pattern_matches(const struct pattern *p, const char *path, bool directory)
{
	const char *slash = p->whole ? NULL : strrchr(path, '/');
	const char *text = slash != NULL ? slash + 1 : path;

	if (p->directories && !directory)
		return false;
	if (strncmp(p->from, text, (size_t)p->plain) != 0)
		return false;
	/* as in git, what comes after a plain beginning is a pattern of its own: x** goes deep */
	return glob_matches(p->from + (p->whole ? p->plain : 0), p->end,
	    text + (p->whole ? p->plain : 0));
}

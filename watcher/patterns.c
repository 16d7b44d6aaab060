/* patterns.c - which paths count. No system calls, no memory. */
#include <stddef.h>
#include <string.h>

#include "watcher/pattern.h"
#include "watcher/patterns.h"

static const char always[] = ".git,node_modules";

/* What vim, Emacs and LibreOffice keep beside a file while it is open, and their backups. */
static const char editors[] = ".*.sw[a-p],*~,.#*,\\#*#,.~lock.*#";

/* One of a list, as it stands there: from..end, without blanks around it. */
struct word {
	const char *from, *end;
};

/* Step to the next word; at is where the list goes on. False at its end. */
static bool
next_word(const char **at, struct word *w)
{
	const char *end;

	if (*at == NULL || **at == '\0')
		return false;
	w->from = *at + strspn(*at, " ");
	for (end = w->from; *end != '\0' && *end != ',' && *end != '\n'; end++)
		end += *end == '\\' && end[1] != '\0';
	*at = end + (*end != '\0');
	while (end > w->from && end[-1] == ' ' && (end - 1 == w->from || end[-2] != '\\'))
		end--;
	w->end = end;
	return true;
}

bool
patterns_next(const char **at, const char **from, const char **end)
{
	struct word w;

	if (!next_word(at, &w))
		return false;
	*from = w.from;
	*end = w.end;
	return true;
}

enum patterns_answer
patterns_ask(const char *list, const char *path, bool directory)
{
	enum patterns_answer answer = PATTERNS_SILENT;
	struct pattern p;
	struct word w;

	while (next_word(&list, &w))
		if (pattern_parse(&p, w.from, w.end) && pattern_matches(&p, path, directory))
			answer = p.again ? PATTERNS_KEPT : PATTERNS_IGNORED;
	return answer;
}

/* Most names are none of these at a glance. */
static enum patterns_answer
ask_editors(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
	size_t length = strlen(name);

	if (length == 0 || (*name != '.' && *name != '#' && name[length - 1] != '~'))
		return PATTERNS_SILENT;
	return patterns_ask(editors, path, false);
}

bool
patterns_ignored(const char *list, const char *path, bool directory)
{
	enum patterns_answer answer = patterns_ask(list, path, directory);

	if (answer == PATTERNS_SILENT)
		answer = patterns_ask(always, path, directory);
	if (answer == PATTERNS_SILENT && !directory)
		answer = ask_editors(path);
	return answer == PATTERNS_IGNORED;
}

enum patterns_answer
patterns_ask_read(const struct pattern *read, int count, const char *path, bool directory)
{
	while (count-- > 0)
		if (pattern_matches(&read[count], path, directory))
			return read[count].again ? PATTERNS_KEPT : PATTERNS_IGNORED;
	return PATTERNS_SILENT;
}

/* ".md", "md" and "*.md" are the same. */
static bool
ends_so(const char *name, struct word w)
{
	size_t length = strlen(name), size;

	while (w.from < w.end && *w.from == '*')
		w.from++;
	if (w.from < w.end && *w.from == '.')
		w.from++;
	size = (size_t)(w.end - w.from);
	return size > 0 && length > size + 1 && name[length - size - 1] == '.' &&
	    memcmp(name + length - size, w.from, size) == 0;
}

bool
patterns_wanted(const char *list, const char *name)
{
	bool any = false;
	struct word w;

	while (next_word(&list, &w)) {
		if (w.from == w.end)
			continue;
		any = true;
		if (ends_so(name, w))
			return true;
	}
	return !any;
}

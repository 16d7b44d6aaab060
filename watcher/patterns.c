/* patterns.c - which paths count. No system calls, no memory. */
#include <fnmatch.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>

#include "watcher/patterns.h"

static const char always[] = ".git,node_modules";
static const char between[] = ",\n";

/* One of a list, as it stands there: from..end, without blanks around it. */
struct word {
	const char *from, *end;
};

/* Step to the next word; at is where the list goes on. False at its end. */
static bool
next_word(const char **at, struct word *w)
{
	if (*at == NULL || **at == '\0')
		return false;
	w->from = *at;
	w->end = w->from + strcspn(w->from, between);
	*at = w->end + (*w->end != '\0');
	while (w->from < w->end && *w->from == ' ')
		w->from++;
	while (w->end > w->from && w->end[-1] == ' ')
		w->end--;
	return true;
}

/* Copy what is before the next '/'; false if it is longer than any name. */
static bool
take_part(char *to, const char *from, const char *end)
{
	const char *slash = memchr(from, '/', (size_t)(end - from));
	size_t length = (size_t)((slash != NULL ? slash : end) - from);

	if (length > NAME_MAX)
		return false;
	memcpy(to, from, length);
	to[length] = '\0';
	return true;
}

static bool match(const char *glob, const char *end, const char *path);

/* After "**" and its '/': any number of components, or none, may come first. */
static bool
match_deep(const char *glob, const char *end, const char *path)
{
	if (glob >= end)
		return true;
	for (; path != NULL; path = strchr(path, '/')) {
		if (*path == '/')
			path++;
		if (match(glob, end, path))
			return true;
	}
	return false;
}

/* Component by component, because fnmatch(3) does not know "**". */
static bool
match(const char *glob, const char *end, const char *path)
{
	char pattern[NAME_MAX + 1], name[NAME_MAX + 1];
	const char *more = path + strcspn(path, "/");

	if (!take_part(pattern, glob, end) || !take_part(name, path, more))
		return false;
	glob += strlen(pattern);
	if (strcmp(pattern, "**") == 0)
		return match_deep(glob + 1, end, path);
	if (fnmatch(pattern, name, 0) != 0)
		return false;
	if (glob == end || *more == '\0')
		return glob == end && *more == '\0';
	return match(glob + 1, end, more + 1);
}

/* A '/' other than the last makes it a pattern for the whole path, not for the name. */
static bool
applies(struct word w, const char *path, bool directory)
{
	const char *slash = strrchr(path, '/');
	bool whole = w.from < w.end && *w.from == '/';

	w.from += whole;
	if (w.end > w.from && w.end[-1] == '/') {
		if (!directory)
			return false;
		w.end--;
	}
	if (w.from == w.end)
		return false;
	whole |= memchr(w.from, '/', (size_t)(w.end - w.from)) != NULL;
	return match(w.from, w.end, whole || slash == NULL ? path : slash + 1);
}

/* What the last of the list that applies says; before if none does. */
static bool
decide(const char *list, const char *path, bool directory, bool before)
{
	bool again;
	struct word w;

	while (next_word(&list, &w)) {
		if (w.from == w.end || *w.from == '#')
			continue;
		again = *w.from == '!';
		w.from += again;
		if (applies(w, path, directory))
			before = !again;
	}
	return before;
}

bool
patterns_ignored(const char *list, const char *path, bool directory)
{
	return decide(list, path, directory, decide(always, path, directory, false));
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

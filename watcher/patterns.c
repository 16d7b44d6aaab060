/* patterns.c - which paths count. No system calls. */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "watcher/patterns.h"

struct pattern {
	char *glob;
	bool again;		/* `!`: not ignored after all */
	bool directory;		/* `dir/` */
	bool anchored;		/* has a '/' other than the last: the whole path, not the name */
	struct pattern *next;	/* the one before it: the last that matches decides */
};

struct patterns {
	struct pattern *last;
	char **extensions;	/* each with its dot */
	size_t extension_count;
};

static const char always[] = ".git,node_modules";

static void *
must(void *memory)
{
	if (memory == NULL)
		abort();
	return memory;
}

static void
add_pattern(struct patterns *p, const char *word)
{
	struct pattern *new;
	size_t length;

	while (*word == ' ')
		word++;
	if (*word == '\0' || *word == '#')
		return;
	new = must(calloc(1, sizeof(*new)));
	new->again = *word == '!';
	word += new->again;
	new->anchored = *word == '/';
	word += new->anchored;
	new->glob = must(strdup(word));
	length = strlen(new->glob);
	while (length > 0 && new->glob[length - 1] == ' ')
		new->glob[--length] = '\0';
	if (length > 0 && new->glob[length - 1] == '/') {
		new->directory = true;
		new->glob[--length] = '\0';
	}
	if (strchr(new->glob, '/') != NULL)
		new->anchored = true;
	new->next = p->last;
	p->last = new;
}

static void
add_extension(struct patterns *p, const char *word)
{
	char *extension;

	while (*word == ' ' || *word == '*')
		word++;
	if (*word == '.')
		word++;
	if (*word == '\0')
		return;
	extension = must(malloc(strlen(word) + 2));
	extension[0] = '.';
	strcpy(extension + 1, word);
	p->extensions = must(reallocarray(p->extensions, p->extension_count + 1,
	    sizeof(*p->extensions)));
	p->extensions[p->extension_count++] = extension;
}

static void
each(struct patterns *p, const char *list, void (*add)(struct patterns *, const char *))
{
	char *copy, *rest, *word;

	if (list == NULL)
		return;
	copy = rest = must(strdup(list));
	while ((word = strsep(&rest, ",\n")) != NULL)
		add(p, word);
	free(copy);
}

struct patterns *
patterns_new(const char *extensions, const char *ignore)
{
	struct patterns *p = must(calloc(1, sizeof(*p)));

	each(p, always, add_pattern);
	each(p, ignore, add_pattern);
	each(p, extensions, add_extension);
	return p;
}

void
patterns_free(struct patterns *p)
{
	struct pattern *at;
	size_t i;

	if (p == NULL)
		return;
	while ((at = p->last) != NULL) {
		p->last = at->next;
		free(at->glob);
		free(at);
	}
	for (i = 0; i < p->extension_count; i++)
		free(p->extensions[i]);
	free(p->extensions);
	free(p);
}

static bool match(const char *glob, const char *path);

/* After a leading "**" and its '/': any number of components, or none, may come first. */
static bool
match_deep(const char *glob, const char *path)
{
	if (*glob == '\0')
		return true;
	for (; path != NULL; path = strchr(path, '/')) {
		if (*path == '/')
			path++;
		if (match(glob, path))
			return true;
	}
	return false;
}

/* Component by component, because fnmatch(3) does not know "**". */
static bool
match(const char *glob, const char *path)
{
	char one[256], name[256];
	size_t length = strcspn(glob, "/"), part = strcspn(path, "/");

	if (length == 2 && strncmp(glob, "**", 2) == 0)
		return match_deep(glob + length + (glob[length] == '/'), path);
	if (length >= sizeof(one) || part >= sizeof(name))
		return false;
	memcpy(one, glob, length);
	one[length] = '\0';
	memcpy(name, path, part);
	name[part] = '\0';
	if (fnmatch(one, name, 0) != 0)
		return false;
	if (glob[length] == '\0' || path[part] == '\0')
		return glob[length] == path[part];
	return match(glob + length + 1, path + part + 1);
}

bool
patterns_ignored(const struct patterns *p, const char *path, bool directory)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash != NULL ? slash + 1 : path;
	const struct pattern *at;

	for (at = p->last; at != NULL; at = at->next) {
		if (at->directory && !directory)
			continue;
		if (match(at->glob, at->anchored ? path : name))
			return !at->again;
	}
	return false;
}

bool
patterns_wanted(const struct patterns *p, const char *name)
{
	size_t length = strlen(name), i;

	if (p->extension_count == 0)
		return true;
	for (i = 0; i < p->extension_count; i++) {
		size_t ending = strlen(p->extensions[i]);

		if (length > ending && strcmp(name + length - ending, p->extensions[i]) == 0)
			return true;
	}
	return false;
}
